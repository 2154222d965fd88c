import { hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { analyze } from './analyzer.ts'
import { chunksOf } from './chunk/chunk.ts'
import type { Chunk } from './chunk/piece.ts'
import type { Listed } from './listing.ts'
import { redact } from './redaction.ts'
import { tokensOf } from './tokens.ts'

const maxChunks = 3000

/** A document as it was read. */
export type Raw = { document: Listed; text: string }

/** A document cut, counted and analysed: all that is left is to store it. */
export type Prepared = {
  document: Listed
  chunks: (Chunk & {
    tokens: number
    analyzed: { path: string; headingPath: string; body: string }
  })[]
  links: string[]
  inline: string | null
}

/** The work of reading that needs no database, so that it can be done in a thread of its own. */
export async function prepareAll(raws: Raw[]): Promise<Prepared[]> {
  const prepared: Prepared[] = []
  for (const { document, text } of raws) {
    prepared.push(await prepareDocument(document, text))
    await nextTurn() // Whatever else waits for this thread comes in between.
  }
  return prepared
}

async function prepareDocument(document: Listed, raw: string): Promise<Prepared> {
  const { text } = redact(raw)
  const all = await chunksOf(document.path, text)
  const path = analyze(document.path)
  const chunks = all.slice(0, maxChunks).map((chunk) => ({
    ...chunk,
    tokens: tokensOf(chunk.text),
    analyzed: { path, headingPath: analyze(chunk.headingPath), body: analyze(chunk.text) },
  }))
  const links = /\.md$/i.test(document.path) ? linkTargets(text) : []
  const revision = document.revision || hash('sha1', raw).slice(0, 10)
  return {
    document: { ...document, revision },
    chunks,
    links,
    inline: document.inline === undefined ? null : text,
  }
}

/** Last parts of what a note links to: enough to count how often each name is linked. */
function linkTargets(text: string): string[] {
  const targets = new Set<string>()
  for (const found of text.matchAll(/\[\[([^\]|#\n]{1,200})|\]\(<?([^)#\s>]{1,300}\.md)/g)) {
    const name = (found[1] ?? found[2] ?? '')
      .split('/')
      .at(-1)
      ?.replace(/\.md$/i, '')
      .trim()
      .toLowerCase()
    if (name) targets.add(name)
  }
  return [...targets]
}
