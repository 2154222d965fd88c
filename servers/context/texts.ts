import type { ContextHit, ContextSource, Trust } from '../../schemas/context.ts'
import type { Page } from '../kit/page.ts'
import { instantText, tableText } from '../kit/table.ts'
import { formOf } from './engine/forms.ts'

// What a model reads of the context store. A pack is a text already.

export const hitsText = (found: { items: ContextHit[]; degraded: string[] }): string =>
  [
    ...found.degraded.map((note) => `Note: ${note}`),
    ...(found.items.length === 0
      ? ['Nothing was found.']
      : found.items.map((hit) => formOf(hit, 'text'))),
  ].join('\n')

export const documentText = (read: {
  path: string
  revision: string
  trust: Trust
  pieces: { heading: string; line0: number; line1: number; text: string }[]
  before: number
  after: number
}): string =>
  [
    ...(read.trust === 'external' ? ['[external]'] : []),
    ...(read.before > 0 ? [`${read.before} pieces come before; pass a smaller line`] : []),
    ...read.pieces.map(
      ({ heading, line0, line1, text }) =>
        `[${read.path}:${line0}-${line1}@${read.revision}${heading === '' ? '' : ` ${heading}`}]\n${text}`,
    ),
    ...(read.after > 0 ? [`${read.after} pieces come after; pass a greater line`] : []),
  ].join('\n')

export const sourcesText = (page: Page<ContextSource>): string =>
  tableText(page, {
    id: ({ id }) => id,
    name: ({ name }) => name,
    kind: ({ kind }) => kind,
    uri: ({ uri, name }) => (uri === name ? '' : uri),
    org: ({ org }) => org,
    trust: ({ trust }) => (trust === 'own' ? '' : trust),
    state: ({ state }) => state,
    documents: ({ documents }) => documents,
    revision: ({ revision }) => revision?.slice(0, 10),
    indexed: ({ indexedAt }) => instantText(indexedAt),
    problem: ({ problem }) => problem,
  })
