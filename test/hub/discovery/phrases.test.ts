import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Registry } from '../../../hub/calls/registry.ts'
import { phrasesFor } from '../../../hub/discovery/phrase-book.ts'
import { searchableTools } from '../../../hub/discovery/searchable-tool.ts'
import { ToolFinder } from '../../../hub/discovery/tool-finder.ts'
import { describedHubServer } from '../../../hub/tools/index.ts'
import { codeRoot } from '../../../servers/kit/code-root.ts'
import { servers } from '../../../servers/index.ts'

const folder = join(codeRoot, 'hub', 'discovery', 'phrases')
const linesOf = (part: string) =>
  readdirSync(join(folder, part)).flatMap((file) => {
    const [heading, ...lines] = readFileSync(join(folder, part, file), 'utf8')
      .trim()
      .split('\n')
    expect(heading, file).toMatch(/^## \S/)
    return lines.map((line) => ({ file, line }))
  })

test('the phrase book says of every tool how people ask for it, and of none that is not there', () => {
  const { servers: all } = new Registry([...servers, describedHubServer()])
  const tools = all.flatMap((server) => server.tools.filter(({ scope }) => scope !== 'system'))
  const named = linesOf('own').map(({ line }) => line.slice(0, line.indexOf(': ')))
  expect(named.sort()).toEqual(tools.map(({ name }) => name).sort())
})

test('a line of the phrase book names an operation and a dozen ways to ask for it, each once', () => {
  for (const { file, line } of [...linesOf('own'), ...linesOf('others')]) {
    expect(line, file).toMatch(/^[\w-]+(?: \| [\w-]+)*: \S.*\S$/)
    const phrases = line.slice(line.indexOf(': ') + 2).split('; ')
    expect(phrases.length, line).toBeGreaterThanOrEqual(12)
    expect(new Set(phrases).size, line).toBe(phrases.length)
  }
})

test('a tool has the phrases of what its name says, among those of its kind of server', async () => {
  const tool = (server: string, own: string, description = '') => ({
    name: `${server}_${own}`,
    own,
    server,
    description,
  })
  const found = await phrasesFor([
    tool('chrome', 'browser_click'),
    tool('chrome', 'browser_go_back'),
    tool('chrome', 'browser_take_screenshot'),
    tool('svn', 'diff', 'Compares revisions'),
    tool('shop', 'add', 'Puts an article into the basket'),
    tool('shop', 'polish_shoes', 'Makes them shine'),
    tool('lab', 'task_list'),
  ])
  const first = (name: string) => found.get(name)?.join('; ') ?? ''
  expect(first('chrome_browser_click')).toMatch(/button/)
  expect(first('chrome_browser_take_screenshot')).toMatch(/screenshot/)
  expect(first('svn_diff')).toMatch(/revision/)
  expect(first('lab_task_list')).toMatch(/task/)
  // What nobody wrote down is found by its own words.
  expect(found.get('shop_polish_shoes')).toEqual([])
})

test('a tool whose name says nothing is found by what it says, and hides no other', async () => {
  const tool = (server: string, own: string, description: string) => ({
    name: `${server}_${own}`,
    own,
    server,
    title: `${server}_${own}`,
    description,
    inputSchema: {},
    about: '',
  })
  const finder = await ToolFinder.of(
    await searchableTools([
      tool('abc', 'do', 'Polishes shoes'),
      tool('fs', 'read_file', 'Reads a file'),
      tool('fs', 'write_file', 'Writes a file'),
      tool('git', 'commit', 'Records changes'),
    ]),
  )
  const first = (query: string) => finder.search(query, 1)[0]?.name
  expect(first('read a file')).toBe('fs_read_file')
  expect(first('commit changes')).toBe('git_commit')
  expect(first('polish my shoes')).toBe('abc_do')
})
