import { expect, test } from 'vitest'
import type { ContextDocument, ContextHit, ContextSource } from '../../../schemas/context.ts'
import { tokensOf } from '../../../servers/context/engine/tokens.ts'
import { guestOf } from '../../helpers/guest.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { makeRepo } from '../../helpers/repo.ts'

const guide = Array.from(
  { length: 40 },
  (_, at) => `## Part ${at}\n\n${`Words of part ${at}. `.repeat(40)}\n`,
).join('\n')

test('a citation is read with the text around it, within its limit, and by those who may', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ 'docs/guide.md': guide, 'a.ts': 'export const one = 1\n' })
  const { source } = await hub.call<{ source: ContextSource }>('context_ingest', {
    kind: 'repo',
    uri: repo,
  })
  const found = await hub.call<{ items: ContextHit[] }>('context_search', {
    query: 'words of part 20',
  })
  const hit = found.items.find(({ text }) => text.includes('part 20.'))
  const read = (args: object) =>
    hub.call<ContextDocument>('context_read', { source: source.id, path: hit?.path, ...args })
  const around = await read({ line: hit?.line0 })
  expect(around).toMatchObject({ path: 'docs/guide.md', trust: 'own', revision: hit?.revision })
  expect(around.pieces.some(({ text }) => text.includes('part 20.'))).toBe(true)
  expect(around.before).toBeGreaterThan(0)
  expect(around.after).toBeGreaterThan(0)
  const chars = around.pieces.reduce((sum, { text }) => sum + text.length, 0)
  expect(chars).toBeLessThanOrEqual(6000)
  const cjk = await hub.call<{ source: ContextSource }>('context_ingest', {
    kind: 'text',
    uri: 'dense',
    documents: [{ path: 'a.md', text: '信用卡支付通过网关完成。\n\n'.repeat(2000) }],
  })
  const dense = await hub.call<ContextDocument>('context_read', {
    source: cjk.source.id,
    path: 'a.md',
    line: 900,
  })
  expect(tokensOf(dense.pieces.map(({ text }) => text).join('\n'))).toBeLessThan(3500)
  const lines = around.pieces.map(({ line0 }) => line0)
  expect(lines).toEqual(lines.toSorted((a, b) => a - b))
  expect(await read({ max_chars: 100_000 })).toMatchObject({ before: 0, after: 0 })
  expect(await read({ line: 1_000_000 })).toMatchObject({ after: 0 })
  expect(await failure(read({ path: 'docs/none.md' }))).toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('docs/none.md') as string,
  })
  const other = await hub.as('elsewhere', 'developer', ['acme'])
  const args = { source: source.id, path: 'docs/guide.md' }
  expect(await failure(other.call('context_read', args))).toMatchObject({ code: 'not_found' })
  const guest = await guestOf(hub)
  expect(await failure(guest.call('context_read', args))).toMatchObject({ code: 'denied' })
})
