import { join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { readIfThere } from '../kit/files/text-file.ts'
import { formatDate } from './query/date-format.ts'

const Daily = z.looseObject({
  folder: z.string().default(''),
  format: z.string().default(''),
  template: z.string().default(''),
})
const Templates = z.looseObject({ folder: z.string().default('') })
const App = z.looseObject({
  trashOption: z.enum(['system', 'local', 'none']).catch('system').default('system'),
  useMarkdownLinks: z.boolean().default(false),
})

/** Settings of the vault's own Obsidian; missing ones have Obsidian's presets. */
export const dailySettings = (root: string) => Daily.parse(readSetting(root, 'daily-notes.json'))
export const templateFolder = (root: string) =>
  Templates.parse(readSetting(root, 'templates.json')).folder
export const appSettings = (root: string) => App.parse(readSetting(root, 'app.json'))

/** Path of the daily note of `today`, `yesterday`, `tomorrow` or a date such as 2026-11-20. */
export function dailyPath(root: string, day: string, now: number): string {
  const { folder, format } = dailySettings(root)
  const path = formatDate(dayOf(day, now), format || 'YYYY-MM-DD')
  const inside = folder.replace(/^\/|\/$/g, '')
  return `${inside === '' ? '' : `${inside}/`}${path}.md`
}

/** The day that a path such as daily:today is about. */
export const dayAsked = (path: string, now: number): Date | undefined =>
  path.startsWith('daily:') ? dayOf(path.slice('daily:'.length), now) : undefined

function dayOf(day: string, now: number): Date {
  const shift = { yesterday: -1, today: 0, tomorrow: 1 }[day]
  if (shift !== undefined) {
    const date = new Date(now)
    date.setDate(date.getDate() + shift)
    return date
  }
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)
  const date = found && new Date(Number(found[1]), Number(found[2]) - 1, Number(found[3]))
  if (date && date.getDate() === Number(found[3])) return date
  throw new HubError('invalid', `${JSON.stringify(day)} is no day`, {
    hint: 'Use daily:today, daily:yesterday, daily:tomorrow or daily:2026-11-20.',
  })
}

function readSetting(root: string, name: string): unknown {
  const text = readIfThere(join(root, '.obsidian', name))
  if (text === undefined) return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HubError('invalid', `.obsidian/${name} is not valid JSON`, { cause: error })
  }
}
