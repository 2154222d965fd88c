import { appendFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ContextHit, ContextSource } from '../../../schemas/context.ts'
import { git } from '../../../servers/kit/git.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { commitAll, makeRepo } from '../../helpers/repo.ts'

const files = {
  'README.md':
    '# Shop\n\n## Payments\n\nCards are charged through the gateway in `src/charge.ts`.\n\n## Stock\n\nThe warehouse is asked every hour.\n',
  'src/charge.ts':
    'export class Gateway {\n  /** Charges a credit card once, however often it is called. */\n  chargeCardOnce(order: string): void {\n    if (this.seen.has(order)) return\n    this.seen.add(order)\n  }\n  seen = new Set<string>()\n}\n',
  'src/stock.py':
    'def refresh_warehouse_stock(items):\n    """Asks the warehouse how much is left."""\n    return [item for item in items if item.left > 0]\n',
  'docs/zh.md': '# 支付\n\n信用卡支付通过网关完成。\n',
  '.env': 'PASSWORD=hunter2hunter2\n',
  'src/config.ts':
    'export const token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"\nexport const marker = "<|endoftext|> is text"\n',
}

type Ingested = {
  source: ContextSource
  added: number
  removed: number
  skipped: { path: string; reason: string }[]
}
type Searched = { items: ContextHit[]; engines: string[]; degraded: string[] }

test('a repository is read at its commit, found by words, identifiers and other scripts, and cited', async () => {
  const hub = await startHub()
  const repo = await makeRepo(files)
  const first = await hub.call<Ingested>('context_ingest', { kind: 'repo', uri: repo })
  expect(first).toMatchObject({
    source: { state: 'ready', kind: 'repo' },
    added: 5,
    skipped: [{ path: '.env', reason: 'holds secrets' }],
  })
  const search = async (query: string) =>
    (await hub.call<Searched>('context_search', { query })).items
  const head = (await git(['-C', repo, 'rev-parse', '--short=10', 'HEAD'])).trim()
  expect((await search('how is a card charged once'))[0]).toMatchObject({
    path: 'src/charge.ts',
    cite: `src/charge.ts:1-8@${head}`,
    trust: 'own',
  })
  expect((await search('warehouse stock refresh'))[0]?.path).toBe('src/stock.py')
  expect((await search('chargeCardOnce'))[0]?.path).toBe('src/charge.ts')
  expect((await search('信用卡'))[0]?.path).toBe('docs/zh.md')
  expect((await search('gateway in the readme payments'))[0]).toMatchObject({
    path: 'README.md',
    heading: expect.stringContaining('Shop') as string,
  })
  const secret = await search('token endoftext marker')
  expect(JSON.stringify(secret)).not.toContain('ghp_abc')
  expect(secret[0]?.text).toContain('[redacted GitHub token]')
  const reply = await hub.call<Searched>('context_search', { query: 'card' })
  expect([reply.engines, reply.degraded]).toEqual([['fts5'], []])
})

test('only what changed is read again; what went is gone; the working tree does not count', async () => {
  const hub = await startHub()
  const repo = await makeRepo(files)
  await hub.call('context_ingest', { kind: 'repo', uri: repo })
  expect(await hub.call('context_ingest', { source: repo })).toMatchObject({ added: 0, removed: 0 })
  appendFileSync(join(repo, 'src/stock.py'), '\ndef zebra_crossing():\n    pass\n')
  expect(await hub.call('context_ingest', { source: repo })).toMatchObject({ added: 0 })
  rmSync(join(repo, 'docs/zh.md'))
  renameSync(join(repo, 'src/charge.ts'), join(repo, 'src/pay.ts'))
  await commitAll(repo, 'more')
  expect(await hub.call('context_ingest', { source: repo })).toMatchObject({
    added: 2,
    removed: 2,
    source: { documents: 4 },
  })
  const { items } = await hub.call<Searched>('context_search', { query: 'zebra crossing' })
  expect(items[0]?.path).toBe('src/stock.py')
  expect((await hub.call<Searched>('context_search', { query: '信用卡' })).items).toEqual([])
})

test('settings and hooks of a hostile repository do not run while it is read', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ ...files, '.gitattributes': '*.md diff=evil filter=evil\n' })
  const trace = join(repo, '..', 'ran')
  for (const key of [
    'diff.evil.textconv',
    'filter.evil.smudge',
    'filter.evil.clean',
    'core.fsmonitor',
    'core.pager',
    'core.sshCommand',
  ])
    await git(['-C', repo, 'config', key, `touch ${trace}`])
  expect(await hub.call('context_ingest', { kind: 'repo', uri: repo })).toMatchObject({
    source: { state: 'ready' },
  })
  expect(existsSync(trace)).toBe(false)
})

test('nothing crosses orgs, and an agent reads only the repository of its task', async () => {
  const hub = await startHub()
  const repo = await makeRepo(files)
  await hub.call('context_ingest', { kind: 'repo', uri: repo, org: 'default' })
  await hub.call('context_ingest', {
    kind: 'text',
    uri: 'secrets',
    org: 'other',
    documents: [{ path: 'a.md', text: 'The card of the other org' }],
  })
  const ada = await hub.as('ada', 'developer', ['default'])
  const found = await ada.call<Searched>('context_search', { query: 'card of the other org' })
  expect(found.items.every(({ path }) => path !== 'a.md')).toBe(true)
  expect((await ada.call<{ items: ContextSource[] }>('context_source_list')).items).toHaveLength(1)
  expect(
    await failure(ada.call('context_search', { query: 'x', sources: ['secrets'] })),
  ).toMatchObject({ code: 'not_found' })
  expect(await failure(ada.call('context_ingest', { kind: 'folder', uri: '/etc' }))).toMatchObject({
    code: 'denied',
  })
  expect(await failure(hub.call('context_search', { query: 'card' }))).toMatchObject({
    code: 'ambiguous',
  })
  const viewer = await hub.as('eve', 'viewer')
  expect(await failure(viewer.call('context_ingest', { source: repo }))).toMatchObject({
    code: 'denied',
  })
})
