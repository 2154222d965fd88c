import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ContextHit, ContextSource } from '../../../schemas/context.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { writeFiles } from '../../helpers/repo.ts'
import { dataWith } from '../../helpers/vault.ts'

type Ingested = { source: ContextSource; done: boolean }
type Searched = { items: ContextHit[] }

test('a vault is taken in and watched: what is saved is found a moment later', async () => {
  const root = makeFolder('vault')
  writeFiles(root, {
    'A.md': '# Garden\n\nRoses grow here. [[B]]\n',
    'B.md': '# Tools\n\nA spade.\n',
  })
  const hub = await startHub({ data: dataWith({ notes: { path: root } }) })
  const find = async (query: string) =>
    (await hub.call<Searched>('context_search', { query })).items.map(({ path }) => path)
  await until(async () => (await find('roses')).includes('A.md'))
  writeFileSync(join(root, 'C.md'), 'A wheelbarrow stands by.')
  await until(async () => (await find('wheelbarrow')).includes('C.md'), 3000)
  rmSync(join(root, 'A.md'))
  await until(async () => !(await find('roses')).includes('A.md'), 3000)
  writeFileSync(join(hub.hub.dataDir, 'switchyard.json'), '{}')
  await until(async () => (await find('wheelbarrow')).length === 0, 5000)
})

test('handed-in documents are replaced by name, forgotten, expired, and go to another hub and back', async () => {
  const hub = await startHub()
  const add = (documents: object[]) =>
    hub.call<Ingested>('context_ingest', {
      kind: 'text',
      uri: 'wiki',
      documents,
      retention_days: 1,
    })
  await add([
    { path: 'a', text: 'apples and pears', revision: 'same' },
    { path: 'b', text: 'bananas' },
  ])
  await add([{ path: 'a', text: 'apricots', revision: 'same' }])
  await add([{ path: 'a', text: 'apricots', revision: 'same' }])
  const find = async (on: typeof hub, query: string) =>
    (await on.call<Searched>('context_search', { query })).items.map(({ path }) => path)
  expect([
    await find(hub, 'pears'),
    await find(hub, 'apricots'),
    await find(hub, 'bananas'),
  ]).toEqual([[], ['a'], ['b']])
  await hub.call('context_ingest', { source: 'wiki', rebuild: true })
  expect([await find(hub, 'apricots'), await find(hub, 'bananas')]).toEqual([['a'], ['b']])
  const { file } = await hub.call<{ file: string }>('context_export', {
    sources: ['wiki'],
    name: 'out',
  })
  const other = await startHub()
  await other.call('context_ingest', { kind: 'text', uri: 'copy', file })
  expect(await find(other, 'bananas')).toEqual(['b'])
  writeFileSync(join(makeFolder(), 'x'), '')
  const broken = join(makeFolder(), 'broken.gz')
  writeFileSync(broken, readFileSync(file).subarray(0, 40))
  expect(
    await failure(other.call('context_ingest', { kind: 'text', uri: 'copy', file: broken })),
  ).toMatchObject({ code: 'invalid' })
  expect(await hub.call('context_forget', { source: 'wiki', paths: ['b'] })).toMatchObject({
    forgotten: 1,
  })
  expect(await find(hub, 'bananas')).toEqual([])
  await hub.call('context_forget', { source: 'wiki' })
  expect((await hub.call<{ items: unknown[] }>('context_source_list')).items).toEqual([])
})

test('what cannot be read is said, and stays on record', async () => {
  const hub = await startHub()
  const empty = join(makeFolder(), 'empty')
  await git(['init', '--quiet', empty])
  expect(await failure(hub.call('context_ingest', { kind: 'repo', uri: empty }))).toMatchObject({
    code: 'not_found',
  })
  expect((await hub.call<{ items: ContextSource[] }>('context_source_list')).items).toMatchObject([
    { state: 'failed', problem: expect.stringContaining('no commit') as string },
  ])
  expect(await hub.call('context_search', { query: 'x' })).toMatchObject({
    items: [],
    degraded: [expect.stringContaining('no commit')],
  })
  expect(await failure(hub.call('context_ingest', { kind: 'vault', uri: 'none' }))).toMatchObject({
    code: 'not_found',
  })
  expect(await failure(hub.call('context_ingest', {}))).toMatchObject({ code: 'invalid' })
})

test('what is handed in is kept at once, while a large folder is still being read', async () => {
  const root = makeFolder('large')
  const functions = (file: number) =>
    Array.from({ length: 40 }, (_unused, n) => `function work${file}x${n}() { return ${n} }`)
  writeFiles(
    root,
    Object.fromEntries(
      Array.from({ length: 2500 }, (_unused, at) => [`${at}.js`, functions(at).join('\n\n')]),
    ),
  )
  const hub = await startHub()
  const ingest = (args: Record<string, unknown>) => hub.call<Ingested>('context_ingest', args)
  const large = await ingest({ kind: 'folder', uri: root, name: 'large', wait_ms: 0 })
  const small = await ingest({
    kind: 'log',
    uri: 'tasks',
    documents: [{ path: 'one.md', text: 'The lighthouse is painted.' }],
  })
  expect([large.done, small.done]).toEqual([false, true])
  const { items } = await hub.call<{ items: ContextSource[] }>('context_source_list')
  expect(items.find(({ name }) => name === 'large')).toMatchObject({ state: 'pending' })
  const state = async () =>
    (await hub.call<{ state: string }>('context_search', { query: 'lighthouse' })).state
  expect(await state()).toBe('reading')
  expect((await ingest({ source: 'large', wait_ms: 50_000 })).done).toBe(true)
  expect(await state()).toBe('ready')
})
