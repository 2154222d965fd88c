import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { tokensOf } from '../../../servers/context/engine/tokens.ts'
import { startHub } from '../../helpers/hub.ts'
import { ask } from '../../helpers/raw-mcp.ts'
import { makeRepo } from '../../helpers/repo.ts'

const source =
  'export class Gateway {\n  /** Charges a credit card once, however often it is called. */\n  chargeCardOnce(order: string): void {\n    if (this.seen.has(order)) return\n    this.seen.add(order)\n  }\n}\n'

test('a pack never passes its budget, repeats nothing, and is the same bytes each time', async () => {
  const hub = await startHub()
  const texts = Object.fromEntries(
    Array.from({ length: 30 }, (_unused, index) => [
      `notes/${index}.md`,
      `# Invoice ${index}\n\nThe invoice of customer ${index} is paid ${'by bank transfer '.repeat(index % 7)}within ${index} days.\n\n${'Further words about invoices. '.repeat(index * 3)}\n`,
    ]),
  )
  const repo = await makeRepo({ ...texts, 'notes/copy.md': texts['notes/3.md'] ?? '' })
  await hub.call('context_ingest', { kind: 'repo', uri: repo })
  type Packed = {
    text: string
    tokens: number
    items: { cite: string; form: string }[]
    omitted: { count: number; cites: string[] }
  }
  const pack = (maxTokens: number, query = 'when is an invoice paid') =>
    hub.call<Packed>('context_pack', { query, max_tokens: maxTokens })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 200, max: 6000 }), async (budget) => {
      const packed = await pack(budget)
      expect(tokensOf(packed.text)).toBe(packed.tokens)
      expect(packed.tokens).toBeLessThanOrEqual(budget)
      const cites = packed.items.map(({ cite }) => cite)
      expect(new Set(cites).size).toBe(cites.length)
      const { count, cites: shown } = packed.omitted
      expect(shown.length).toBe(Math.min(5, count))
      if (count > 0) expect(packed.text).toContain(`Left out: ${count} pieces`)
    }),
    { numRuns: 40 },
  )
  const [one, two] = [await pack(1500), await pack(1500)]
  expect(one.text).toBe(two.text)
  expect(new Set(one.items.map(({ form }) => form))).toEqual(
    new Set(
      ['text', 'outline', 'citation'].filter((form) =>
        one.items.some((item) => item.form === form),
      ),
    ),
  )
  expect(one.items.some(({ form }) => form === 'text')).toBe(true)
  expect(one.items.some(({ form }) => form !== 'text')).toBe(true)
  expect((await pack(300, 'nothing like this: qqqqq')).text).toContain('Nothing was found')
  const long = await pack(200, `请问发票什么时候付款${'🧾很长的问题'.repeat(300)}`)
  expect(long.tokens).toBeLessThanOrEqual(200)
})

test('pieces of a script whose characters are tokens are cut sooner', async () => {
  const hub = await startHub()
  const text = `发票 ${'请问发票什么时候付款，谁来负责核对金额？'.repeat(60)}`
  await hub.call('context_ingest', { kind: 'text', uri: 'zh', documents: [{ path: 'a.md', text }] })
  type Found = { items: { text: string }[] }
  const { items } = await hub.call<Found>('context_search', { query: '发票' })
  expect(items.length).toBeGreaterThan(0)
  for (const item of items) expect(tokensOf(item.text)).toBeLessThanOrEqual(310)
})

test('a pack costs a model what it says: its text, sent once and unescaped', async () => {
  const hub = await startHub()
  const packed = async (args: object) => {
    const { text } = await ask(hub, 'tools/call', { name: 'context_pack', arguments: args })
    const { result } = JSON.parse(text) as { result: Answer }
    expect(result.structuredContent).toBeUndefined()
    expect(result.content).toHaveLength(1)
    return result.content[0]?.text ?? ''
  }
  type Answer = { content: { text: string }[]; structuredContent?: unknown }
  const query = 'how is a card charged once'
  const empty = await hub.call<{ text: string; tokens: number; state: string }>('context_pack', {
    query,
  })
  expect([empty.state, tokensOf(empty.text)]).toEqual(['empty', empty.tokens])
  expect(await packed({ query })).toBe(empty.text)
  const repo = await makeRepo({ 'src/charge.ts': source })
  await hub.call('context_ingest', { kind: 'repo', uri: repo })
  const args = { query, max_tokens: 1000 }
  const text = await packed(args)
  expect(await hub.call('context_pack', args)).toMatchObject({ text, state: 'ready' })
  expect(tokensOf(text)).toBeLessThanOrEqual(1000)
  expect(text).toContain('  chargeCardOnce(order: string): void {\n    if (this.seen')
  const { result } = await ask(hub, 'tools/list', {})
  const listed = (result.tools as { name: string; outputSchema?: object }[]).find(
    ({ name }) => name === 'context_pack',
  )
  expect(listed?.outputSchema).toBeUndefined()
})
