import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startEmbedServer } from '../../helpers/embed-server.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { ready, startWith } from '../../helpers/upstreams.ts'

type Found = {
  items: { name: string; title?: string; description: string }[]
  vectors: string
  hint?: string
}

const fixtures = join(import.meta.dirname, '..', '..', 'fixtures')
type Listed = {
  instructions?: string
  tools: { name: string; description: string; fields?: object }[]
}
const everyday = JSON.parse(
  readFileSync(join(fixtures, 'catalogue', 'everyday.json'), 'utf8'),
) as Record<string, Listed> // As the file is written.

const listing = (listed: Listed) => ({
  command: process.execPath,
  args: [join(fixtures, 'upstreams', 'listed.ts')],
  env: { LISTED: JSON.stringify(listed) },
})

async function startEveryday(): Promise<TestHub> {
  const hub = await startWith(
    Object.fromEntries(Object.entries(everyday).map(([name, listed]) => [name, listing(listed)])),
  )
  await ready(hub, ...Object.keys(everyday))
  return hub
}

const search = (hub: TestHub, query: string) => hub.call<Found>('tool_search', { query })

test('everyday requests find the tools of servers behind the hub among all of its own', async () => {
  const hub = await startEveryday()
  const wanted: [string, string[]][] = [
    ['remember a fact', ['memory_create_entities', 'memory_add_observations']],
    ['what time is it in tokyo', ['time_get_current_time']],
    ['who changed this commit', ['git_git_log', 'git_git_show', 'repo_log']],
    ['visit a website', ['playwright_browser_navigate']],
    ['take a snap of the web page', ['playwright_browser_take_screenshot']],
    ['pick an entry of the drop-down', ['playwright_browser_select_option']],
    ['erase a person from memory', ['memory_delete_entities']],
    ['take a screnshot', ['playwright_browser_take_screenshot']],
    ['stage my files', ['git_git_add']],
    ['which pods are running', ['pod_list']],
  ]
  const first = await Promise.all(
    wanted.map(async ([query, tools]) => {
      const name = (await search(hub, query)).items[0]?.name ?? 'nothing'
      return tools.includes(name) ? [] : [`${query}: ${name}`]
    }),
  )
  expect(first.flat()).toEqual([])
})

test('of 250 requests of people and models four in five find the tool first, and 95 in a hundred among five', async () => {
  const hub = await startEveryday()
  const requests = readFileSync(join(fixtures, 'catalogue', 'everyday-requests.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' => ') as [string, string]) // As the file is written.
  expect(requests.length).toBeGreaterThanOrEqual(250)
  const ranks: number[] = []
  for (const [query, tools] of requests) {
    const { items } = await search(hub, query)
    const rank = items.findIndex(({ name }) => tools.split(' ').includes(name))
    ranks.push(rank < 0 ? Infinity : rank + 1)
  }
  const within = (most: number) => ranks.filter((rank) => rank <= most).length / ranks.length
  const missed = requests.filter((_request, at) => ranks[at] === Infinity).map(([query]) => query)
  const report = `recall@1 ${within(1).toFixed(3)}, @5 ${within(5).toFixed(3)}; missed: ${missed.join('; ')}`
  console.log(report)
  expect(within(1), report).toBeGreaterThanOrEqual(0.8)
  expect(within(5), report).toBeGreaterThanOrEqual(0.95)
})

test('a tool is found by the values it takes, by a verb of two words, and before the hub’s own like it', async () => {
  const style = { type: 'string', enum: ['charcoal', 'pastel'] }
  const hub = await startWith({
    studio: listing({
      tools: [
        { name: 'render', description: 'Renders a scene', fields: { style } },
        { name: 'complete_entry', description: 'Sets an entry to done' },
        { name: 'list_entries', description: 'Entries of the studio' },
        { name: 'create_entry', description: 'Adds an entry' },
      ],
    }),
    svn: listing({ tools: [{ name: 'diff', description: 'Compares revisions' }] }),
  })
  await ready(hub, 'studio', 'svn')
  const first = async (query: string) => (await search(hub, query)).items[0]?.name
  expect(await first('charcoal')).toBe('studio_render')
  expect(await first('cross the entry off')).toBe('studio_complete_entry')
  expect(await first('compare two revisions')).toBe('svn_diff')
  expect(await first('comment on the proposal')).toBe('change_comment')
})

test('an answer is short, says each thing once, and helps where nothing was found', async () => {
  const long = `Reads a thing ${'and another '.repeat(200)}at once`
  const hub = await startWith({ wordy: listing({ tools: [{ name: 'fetch', description: long }] }) })
  await ready(hub, 'wordy')
  const found = await search(hub, 'fetch a thing from wordy')
  expect(found.items[0]).toEqual({ name: 'wordy_fetch', description: expect.any(String) as string })
  // Four characters a token is the usual rule for English and JSON.
  expect(JSON.stringify(found).length / 4).toBeLessThan(400)
  expect(found).toMatchObject({ vectors: 'none' })
  const nothing = await search(hub, 'xylophone')
  expect(nothing.items).toEqual([])
  expect(nothing.hint).toMatch(/wordy/)
})

test('with an embedding model tools are found by meaning too, and without it by words as before', async () => {
  const server = await startEmbedServer()
  onTestFinished(() => void server.close())
  const data = makeFolder('hub')
  const tools = [{ name: 'garage', description: 'Where an automobile stands' }]
  const mcpServers = { lot: listing({ tools }) }
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({ models: { embed: 'ollama/tiny' }, mcpServers }),
  )
  const hub = await startHub({ data, logLevel: 'silent' }, { OLLAMA_HOST: server.url })
  await ready(hub, 'lot')
  expect((await search(hub, 'vehicle')).items.map(({ name }) => name)).not.toContain('lot_garage')
  await until(async () => (await search(hub, 'vehicle')).vectors === 'used')
  expect((await search(hub, 'vehicle')).items[0]?.name).toBe('lot_garage')
  server.fail(true)
  const alone = await search(hub, 'garage of the lot')
  expect(alone.vectors).toBe('failed')
  expect(alone.hint).toMatch(/503/)
  expect(alone.items[0]?.name).toBe('lot_garage')
})
