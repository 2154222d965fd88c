import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { searchableTools } from '../../hub/discovery/searchable-tool.ts'
import { ToolFinder } from '../../hub/discovery/tool-finder.ts'
import { startHub } from '../helpers/hub.ts'
import { requests as ownRequests } from './discovery-requests.ts'

type Listed = { name: string; title: string; description: string; inputSchema: object }

const folder = join(import.meta.dirname, '..', 'fixtures', 'catalogue')
const lines = (name: string) =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))

const catalogue = lines('tools.txt').map((line) => {
  const [server = '', tool = '', description = '', fields = ''] = line
    .split('|')
    .map((part) => part.trim())
  const name = `${server}_${tool}`
  const properties = Object.fromEntries(
    fields
      .split(' ')
      .filter(Boolean)
      .map((field) => [field, {}]),
  )
  return {
    name,
    own: tool,
    server,
    title: name,
    description,
    inputSchema: { properties },
    about: '',
  }
})
const foreignRequests = lines('requests.txt').map((line) => line.split(' => ') as [string, string]) // As the file is written.

test('among more than 300 tools the right one is in the first five for most natural requests', async () => {
  const hub = await startHub()
  const own = (await hub.client.listTools<Listed>()).map((tool) => ({
    ...tool,
    own: tool.name,
    server: 'hub',
    about: '',
  }))
  const tools = await searchableTools([...own, ...catalogue])
  const requests = [...ownRequests, ...foreignRequests]
  expect(tools.length).toBeGreaterThanOrEqual(300)
  expect(requests.length).toBeGreaterThanOrEqual(150)
  const names = new Set(tools.map((tool) => tool.name))
  expect(requests.filter(([, wanted]) => !names.has(wanted))).toEqual([])
  const finder = await ToolFinder.of(tools)
  const rankOf = ([query, wanted]: [string, string]) =>
    finder.search(query, 25).findIndex(({ name }) => name === wanted) + 1 || Infinity
  const ranks = requests.map(rankOf)
  const within = (most: number) => ranks.filter((rank) => rank <= most).length / ranks.length
  const missed = requests.filter((_request, at) => (ranks[at] ?? Infinity) > 5)
  const report = `recall@1 ${within(1).toFixed(3)}, @5 ${within(5).toFixed(3)}, @10 ${within(10).toFixed(3)} of ${requests.length} requests over ${tools.length} tools`
  console.log(
    `${report}\nmissed: ${missed.map(([query, wanted]) => `${query} (${wanted})`).join('; ')}`,
  )
  // The floors lie a little under what was measured: .96 in the first five, .77 first.
  expect(within(5), report).toBeGreaterThan(0.94)
  expect(within(1), report).toBeGreaterThan(0.74)
})
