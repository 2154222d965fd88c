import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, onTestFinished, test } from 'vitest'
import { sy as run } from '../helpers/command-line.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub } from '../helpers/hub.ts'

const sy = (args: string[], home: string) =>
  run(args, { HOME: home, APPDATA: home, SWITCHYARD_DATA: join(home, 'data') }, home)

const files = {
  'claude-code': '.mcp.json',
  cursor: '.cursor/mcp.json',
  vscode: '.vscode/mcp.json',
  opencode: '.config/opencode/opencode.json',
}

test.each(Object.entries(files))(
  'what %s is given starts a server that it can use',
  async (name, file) => {
    const home = makeFolder()
    await startHub({ data: join(home, 'data') })
    const printed = await sy(['connect', name], home)
    expect(printed.out).toContain('"switchyard"')
    expect(existsSync(join(home, file))).toBe(false) // Printing writes nothing.
    expect((await sy(['connect', name, '--write', '--view', 'lean'], home)).code).toBe(0)
    const written = JSON.parse(readFileSync(join(home, file), 'utf8')) as Record<string, object> // Just written.
    const entry = Object.values(written)[0] as {
      switchyard: { command: string | string[]; args?: string[] }
    }
    const { command, args = [] } = entry.switchyard
    const [program = '', ...rest] = [command, args].flat()
    const client = new Client({ name: 'test', version: '1' })
    await client.connect(new StdioClientTransport({ command: program, args: rest }))
    onTestFinished(() => client.close())
    expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('tool_call')
    expect((await sy(['connect', name, '--write', '--view', 'lean'], home)).out).toMatch(/already/)
  },
)

test('other entries, comments and formatting of a file stay as they are', async () => {
  const home = makeFolder()
  mkdirSync(join(home, '.cursor'))
  const file = join(home, '.cursor', 'mcp.json')
  writeFileSync(
    file,
    '{\n    // mine\n    "mcpServers": {\n        "other": { "command": "x" }, // keep\n    },\n}\n',
  )
  expect((await sy(['connect', 'cursor', '--write'], home)).code).toBe(0)
  const text = readFileSync(file, 'utf8')
  expect(text).toContain('    // mine\n')
  expect(text).toContain('"other": { "command": "x" }')
  expect(text).toContain('// keep')
  expect(text).toContain('"switchyard"')
})

test('a section of TOML is added, and replaced the next time', async () => {
  const home = makeFolder()
  mkdirSync(join(home, '.codex'))
  const file = join(home, '.codex', 'config.toml')
  writeFileSync(file, 'model = "x"\n\n[mcp_servers.other]\ncommand = "y"\n')
  await sy(['connect', 'codex', '--write'], home)
  await sy(['connect', 'codex', '--write', '--view', 'lean'], home)
  const text = readFileSync(file, 'utf8')
  expect(text).toMatch(
    /^model = "x"\n\n\[mcp_servers\.other\]\ncommand = "y"\n\n\[mcp_servers\.switchyard\]\n/,
  )
  expect(text.match(/\[mcp_servers\.switchyard\]/g)).toHaveLength(1)
  expect(text).toContain('"--view","lean"')
})

test('a broken file is left alone, and an unknown client is told the nearest name', async () => {
  const home = makeFolder()
  writeFileSync(join(home, '.mcp.json'), '{ "mcpServers": ')
  const ran = await sy(['connect', 'claude-code', '--write'], home)
  expect(ran).toMatchObject({ code: 2, err: expect.stringMatching(/not valid/) as string })
  expect(readFileSync(join(home, '.mcp.json'), 'utf8')).toBe('{ "mcpServers": ')
  expect((await sy(['connect', 'curser'], home)).err).toMatch(/Did you mean cursor\?/)
})

test('the shell is told commands, tools and their options', async () => {
  const home = makeFolder()
  await startHub({ data: join(home, 'data') })
  expect((await sy(['completion', 'bash'], home)).out).toMatch(/complete .* switchyard/)
  expect((await sy(['complete', '--', 'con'], home)).out).toBe('connect\n')
  expect((await sy(['complete', '--', 'connect', 'cl'], home)).out).toBe(
    'claude-code\nclaude-desktop\n',
  )
  expect((await sy(['complete', '--', 'call', 'task_su'], home)).out).toBe('task_submit\n')
  expect((await sy(['complete', '--', 'call', 'task_submit', '--te'], home)).out).toBe(
    '--template\n',
  )
})
