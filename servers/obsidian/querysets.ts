import { join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { QuerySet } from '../../schemas/note.ts'
import type { InlineQuerySet } from '../../schemas/vault.ts'
import { etagOf, readIfThere, readTextFile } from '../kit/files/text-file.ts'
import type { BaseView } from './query/base.ts'
import { readBase } from './query/base.ts'
import { scanNote } from './note-scan.ts'
import type { Vault } from './vaults.ts'
import { absolute } from './vaults.ts'

/** What a query set is defined by, ready to be run. */
export type Definition = QuerySet &
  (
    | { kind: 'base'; text: string; view: string | undefined; host: string | undefined }
    | { kind: 'search'; query: string }
    | { kind: 'inline'; given: InlineQuerySet }
  )

const versionOf = (text: string) => etagOf(text).slice(0, 16)

/** All query sets of a vault: views of bases, query blocks in notes, bookmarked searches, and those of the configuration. */
export async function listQuerySets(
  vault: Vault,
): Promise<{ sets: Definition[]; problems: { path: string; message: string }[] }> {
  const problems: { path: string; message: string }[] = []
  const sets: Definition[] = []
  const attempt = async (path: string, read: () => Promise<Definition[]>) => {
    try {
      sets.push(...(await read()))
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      problems.push({ path, message: error.message })
    }
  }
  const { index, name } = vault
  for (const path of [...index.tree.files.keys()].toSorted()) {
    if (/\.base$/i.test(path)) await attempt(path, () => basesIn(vault, path))
    else if ((index.notes.get(path)?.queries ?? 0) > 0)
      await attempt(path, () => blocksIn(vault, path))
  }
  await attempt('.obsidian/bookmarks.json', async () => bookmarks(vault))
  for (const [setName, given] of Object.entries(vault.config.querySets)) {
    const version = versionOf(JSON.stringify(given))
    sets.push({
      kind: 'inline',
      name: setName,
      vault: name,
      version,
      description: given.description,
      given,
    })
  }
  return { sets, problems }
}

export async function findQuerySet(vault: Vault, asked: string): Promise<Definition> {
  const { sets, problems } = await listQuerySets(vault)
  const found =
    sets.find(({ name }) => name === asked) ??
    sets.find((set) => set.kind === 'base' && set.path === asked && set.host === undefined)
  if (found) return found
  const broken = problems.find(({ path }) => asked.startsWith(path))
  if (broken) throw new HubError('invalid', broken.message)
  const close = nearest(
    asked,
    sets.map(({ name }) => name),
  )
  throw new HubError('not_found', `vault ${vault.name} has no query set ${JSON.stringify(asked)}`, {
    hint: close ? `Did you mean ${close}?` : 'queryset_list shows them.',
  })
}

async function basesIn(vault: Vault, path: string): Promise<Definition[]> {
  const { text } = await readTextFile(await absolute(vault, path), path)
  const { views } = readBase(text, path)
  const shared = {
    kind: 'base' as const,
    vault: vault.name,
    path,
    version: versionOf(text),
    description: '',
    text,
    host: undefined,
  }
  return viewsOf(shared, views, path)
}

async function blocksIn(vault: Vault, path: string): Promise<Definition[]> {
  const { text } = await readTextFile(await absolute(vault, path), path)
  return scanNote(text).queries.flatMap(({ language, line, start, end }, index): Definition[] => {
    const body = text.slice(start, end).replaceAll('\r\n', '\n').trim()
    const shared = {
      vault: vault.name,
      path,
      version: versionOf(body),
      description: `line ${line}`,
    }
    const name = `${path}#${language}-${index + 1}`
    if (language === 'query') return [{ ...shared, kind: 'search', name, query: body }]
    const { views } = readBase(body, name)
    return viewsOf({ ...shared, kind: 'base', text: body, host: path }, views, name)
  })
}

type BaseDefinition = Extract<Definition, { kind: 'base' }>

/** A set for each view, with what is wrong with it; a base without views is one set by itself. */
function viewsOf(
  base: Omit<BaseDefinition, 'name' | 'view'>,
  views: BaseView[],
  name: string,
): Definition[] {
  if (views.length === 0) return [{ ...base, name, view: undefined }]
  return views.map((view) => ({
    ...base,
    name: `${name}#${view.name}`,
    view: view.name,
    ...(view.state === 'wrong' ? { problem: view.problem } : {}),
  }))
}

type Bookmark = {
  type?: string | undefined
  title?: string | undefined
  query?: string | undefined
  items?: Bookmark[] | undefined
}
const Bookmark: z.ZodType<Bookmark> = z.lazy(() =>
  z.looseObject({
    type: z.string().optional(),
    title: z.string().optional(),
    query: z.string().optional(),
    items: z.array(Bookmark).optional(),
  }),
)
const Bookmarks = z.looseObject({ items: z.array(Bookmark).default([]) })

function bookmarks(vault: Vault): Definition[] {
  const path = '.obsidian/bookmarks.json'
  const text = readIfThere(join(vault.root, path))
  if (text === undefined) return []
  let parsed: z.infer<typeof Bookmarks>
  try {
    parsed = Bookmarks.parse(JSON.parse(text))
  } catch (error) {
    throw new HubError('invalid', `${path} cannot be read`, { cause: error })
  }
  const walk = (items: Bookmark[]): Definition[] =>
    items.flatMap(({ type, title, query, items: inner }): Definition[] => [
      ...(type === 'search' && query !== undefined
        ? [
            {
              kind: 'search' as const,
              name: `search:${title || query}`,
              vault: vault.name,
              path,
              version: versionOf(query),
              description: query.slice(0, 200),
              query,
            },
          ]
        : []),
      ...walk(inner ?? []),
    ])
  return walk(parsed.items)
}
