import type { z } from 'zod'
import type { NoteHit, NoteLinkOut } from '../../schemas/note.ts'
import type { Columns } from '../kit/table.ts'
import { instantText, tableText } from '../kit/table.ts'

// What a model reads of notes.

const shownMap = 8000

export const foundNotesText = (found: {
  vault: string
  items: NoteHit[]
  total: number
  truncated: boolean
}): string =>
  [
    `${found.items.length} of ${found.total} notes of ${found.vault}${found.truncated ? '; limit shows more' : ''}`,
    ...found.items.map(({ path, line, heading, excerpt }) =>
      [`${path}:${line}${heading.length > 0 ? ` — ${heading.join(' > ')}` : ''}`, excerpt.trim()]
        .filter(Boolean)
        .join('\n'),
    ),
  ].join('\n\n')

export function noteText(read: {
  vault: string
  path: string
  etag: string
  modifiedAt: number
  text?: string | undefined
  totalChars?: number | undefined
  next?: number | undefined
  map?: unknown
  meta?: unknown
}): string {
  const { vault, path, etag, modifiedAt, text, totalChars, next, map, meta } = read
  const cut =
    next === undefined ? '' : `, cut from ${totalChars} characters: start ${next} reads on`
  return [
    `[${path} in ${vault}, etag ${etag}, ${instantText(modifiedAt)}${cut}]`,
    ...[text ?? []].flat(),
    ...[map, meta].flatMap((part) =>
      part === undefined ? [] : JSON.stringify(part).slice(0, shownMap),
    ),
  ].join('\n')
}

export const linksText = (read: {
  path: string
  items: { path: string; distance: number; via: string; direction: 'out' | 'in' }[]
  unresolved: z.infer<typeof NoteLinkOut>[]
  truncated: boolean
}): string =>
  [
    tableText(read, {
      direction: ({ direction }) => direction,
      steps: ({ distance }) => (distance === 1 ? '' : distance),
      path: ({ path }) => path,
      via: ({ via }) => (via === read.path ? '' : via),
    }),
    ...(read.truncated ? ['There are more; limit shows them.'] : []),
    ...read.unresolved
      .slice(0, 20)
      .map(({ target, line }) => `line ${line} leads nowhere: ${target}`),
  ].join('\n')

export function rowsText(read: {
  name: string
  version: string
  columns?: string[] | undefined
  rows: {
    path: string
    line?: number | undefined
    heading?: string[] | undefined
    excerpt?: string | undefined
    values?: Record<string, unknown> | undefined
    group?: string | undefined
  }[]
  total: number
  summaries?: Record<string, unknown> | undefined
}): string {
  type Row = (typeof read.rows)[number]
  const values = (read.columns ?? []).map((column) => [
    column,
    ({ values: row }: Row) => valueText(row?.[column]),
  ])
  const columns = {
    group: ({ group }: Row) => group,
    path: ({ path, line }: Row) => (line === undefined ? path : `${path}:${line}`),
    heading: ({ heading }: Row) => heading?.join(' > '),
    ...(Object.fromEntries(values) as Columns<Row>), // Made of such pairs.
    excerpt: ({ excerpt }: Row) => excerpt,
  }
  return [
    `${read.rows.length} of ${read.total} rows of ${read.name}, version ${read.version}`,
    tableText({ items: read.rows }, columns),
    ...(read.summaries ? [`summaries: ${JSON.stringify(read.summaries)}`] : []),
  ].join('\n')
}

const valueText = (value: unknown): string | undefined =>
  value === undefined || value === null
    ? undefined
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
