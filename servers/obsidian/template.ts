import { HubError } from '../../schemas/errors.ts'
import { readTextFile } from '../kit/files/text-file.ts'
import { dailySettings, templateFolder } from './daily.ts'
import { formatDate } from './query/date-format.ts'
import { nameOf } from './note-meta.ts'
import type { Vault } from './vaults.ts'
import { absolute } from './vaults.ts'

/** What a new note begins with: the template that is named, or that of daily notes, filled in. */
export async function templateText(
  vault: Vault,
  path: string,
  { asked, day, now }: { asked: string | undefined; day: Date | undefined; now: number },
): Promise<string> {
  const wanted = asked ?? (day ? dailySettings(vault.root).template : '')
  if (wanted === '') return ''
  const folder = templateFolder(vault.root).replace(/^\/|\/$/g, '')
  const { names } = vault.index
  const candidates = [
    wanted,
    `${wanted}.md`,
    ...(folder === '' ? [] : [`${folder}/${wanted}`, `${folder}/${wanted}.md`]),
  ]
  const found = candidates
    .map((name) => names.at(name.replace(/^\//, '')))
    .find((name) => name !== undefined)
  if (found === undefined) {
    throw new HubError(
      'not_found',
      `vault ${vault.name} has no template ${JSON.stringify(wanted)}`,
      { hint: folder === '' ? 'Pass the path of a note.' : `Templates lie in ${folder}.` },
    )
  }
  const { text } = await readTextFile(await absolute(vault, found), found)
  return fill(text, nameOf(path), day ? atTimeOf(day, new Date(now)) : new Date(now))
}

/** `{{title}}`, `{{date}}`, `{{time}}`, and `{{date:FORMAT}}`, as Obsidian's own templates have them. */
const fill = (text: string, title: string, date: Date): string =>
  text.replace(
    /\{\{\s*(title|date|time)(?::([^}]*))?\s*\}\}/gi,
    (_all, name: string, format: string | undefined) =>
      name.toLowerCase() === 'title'
        ? title
        : formatDate(date, format ?? (name.toLowerCase() === 'date' ? 'YYYY-MM-DD' : 'HH:mm')),
  )

/** A day has the date; the time of day is now. */
const atTimeOf = (day: Date, now: Date): Date =>
  new Date(
    day.getFullYear(),
    day.getMonth(),
    day.getDate(),
    now.getHours(),
    now.getMinutes(),
    now.getSeconds(),
  )
