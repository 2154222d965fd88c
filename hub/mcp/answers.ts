import type { Reply } from '../rpc/reply.ts'
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { McpParts } from './parts.ts'
import type { Caller } from '../rpc/caller.ts'
import { RpcError, isObject, rpcCode } from '../rpc/protocol.ts'

export const answerScheme = 'answer:'

const keptMs = 24 * 3_600_000
const maxKeptFiles = 500
const address = /^answer:\/\/([0-9a-f-]{36})(?:\?from=(\d{1,12}))?$/

type Kept = { principal: string; text: string }

/**
 * Cuts the text of an answer that is longer than a model should be shown, at the end of a line where
 * one is near. What was left out is kept for a day as a resource that the answer links to.
 */
export function cutAnswer(
  hub: McpParts,
  { principal }: Caller,
  maxChars: number,
  reply: Reply,
): Reply | Promise<Reply> {
  const { content } = reply.result
  if (maxChars === 0 || !Array.isArray(content)) return reply
  if (reply.raw !== undefined && reply.raw.length <= maxChars) return reply // Nearly every answer.
  return cut(hub, principal.id, maxChars, reply, content)
}

async function cut(
  hub: McpParts,
  principal: string,
  maxChars: number,
  reply: Reply,
  content: unknown[],
): Promise<Reply> {
  const texts = content.map((item) => (isText(item) ? item.text : ''))
  const total = texts.reduce((sum, text) => sum + text.length, 0)
  if (total <= maxChars) return reply
  const all = texts.filter(Boolean).join('\n')
  const uri = `${answerScheme}//${await keep(hub, { principal, text: all })}`
  let left = maxChars
  const shown = content.flatMap((item: unknown) => {
    if (!isText(item)) return [item]
    if (left <= 0) return []
    const text =
      item.text.length <= left ? item.text : item.text.slice(0, borderBefore(item.text, left))
    left = item.text.length <= left ? left - item.text.length : 0
    return [{ ...item, text }]
  })
  const from = shown.reduce<number>((sum, item) => sum + (isText(item) ? item.text.length : 0), 0)
  const note = `[Cut: ${from} of ${total} characters are shown. The rest is the resource ${uri}?from=${from}]`
  const link = {
    type: 'resource_link',
    uri: `${uri}?from=${from}`,
    name: 'rest of the answer',
    mimeType: 'text/plain',
  }
  const rest = [{ type: 'text', text: note }, link]
  return { result: { ...reply.result, content: [...shown, ...rest] }, raw: undefined }
}

/** A part of a kept answer, for `resources/read`; only for whom it was made. */
export async function readAnswer(hub: McpParts, principal: string, uri: string): Promise<object[]> {
  const [, id = '', start = '0'] = address.exec(uri) ?? []
  const kept = await readFile(join(hub.dataDir, 'answers', `${id}.json`), 'utf8').catch(
    () => undefined,
  )
  const { principal: owner, text } = kept ? (JSON.parse(kept) as Kept) : { principal: '', text: '' } // Written below.
  const from = Number(start)
  if (owner !== principal || from > text.length)
    throw new RpcError(rpcCode.params, `there is no resource ${uri}`, { uri })
  const part = text.slice(from, from + borderBefore(text.slice(from), partChars))
  const next = from + part.length
  const more = next < text.length ? `\n[More: ${answerScheme}//${id}?from=${next}]` : ''
  return [{ uri, mimeType: 'text/plain', text: part + more }]
}

const partChars = 40_000

async function keep(hub: McpParts, kept: Kept): Promise<string> {
  const folder = join(hub.dataDir, 'answers')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await forgetOld(folder)
  const id = randomUUID()
  await writeFile(join(folder, `${id}.json`), JSON.stringify(kept), { mode: 0o600 })
  return id
}

async function forgetOld(folder: string): Promise<void> {
  const names = await readdir(folder)
  const files = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  )
  const before = Date.now() - keptMs
  const newest = files.toSorted((a, b) => b.at - a.at)
  const old = newest.filter(({ at }, index) => at < before || index >= maxKeptFiles)
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })))
}

/** Where to cut `text` so that at most `max` characters stay: after a line, else a word, else a whole character. */
function borderBefore(text: string, max: number): number {
  if (text.length <= max) return text.length
  for (const border of ['\n', ' ']) {
    const at = text.lastIndexOf(border, max - 1) + 1
    if (at > max * 0.8) return at
  }
  const splitsPair = /[\ud800-\udbff]/.test(text[max - 1] ?? '')
  return splitsPair ? max - 1 : max
}

const isText = (item: unknown): item is { type: 'text'; text: string } =>
  isObject(item) && item.type === 'text' && typeof item.text === 'string'
