import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { applyEdits, modify, parse, printParseErrorCode } from 'jsonc-parser'
import type { ParseError } from 'jsonc-parser'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import { codeRoot } from '../../servers/kit/code-root.ts'
import { parseSettings } from './settings.ts'

type Entry = { command: string; args: string[] }
type Client = {
  title: string
  /** Where its configuration is; none where it is given on the command line. */
  file?(home: string, folder: string): string
  /** Place and value of our entry in a JSON file, or a section of a TOML one. */
  place?(name: string, entry: Entry): { path: string[]; value: object }
  section?(name: string, entry: Entry): string
  line?(entry: Entry): string
}

const mcpServers = (name: string, { command, args }: Entry) => ({
  path: ['mcpServers', name],
  value: { command, args },
})

/** How each client is told of a server that speaks on its pipes. */
export const clients: Record<string, Client> = {
  'claude-code': {
    title: 'Claude Code, for this folder',
    file: (_home, folder) => join(folder, '.mcp.json'),
    place: mcpServers,
  },
  'claude-desktop': {
    title: 'Claude Desktop',
    file: (home) => join(claudeFolder(home), 'claude_desktop_config.json'),
    place: mcpServers,
  },
  cursor: {
    title: 'Cursor',
    file: (home) => join(home, '.cursor', 'mcp.json'),
    place: mcpServers,
  },
  vscode: {
    title: 'VS Code (Copilot), for this folder',
    file: (_home, folder) => join(folder, '.vscode', 'mcp.json'),
    place: (name, { command, args }) => ({
      path: ['servers', name],
      value: { type: 'stdio', command, args },
    }),
  },
  codex: {
    title: 'Codex',
    file: (home) => join(home, '.codex', 'config.toml'),
    section: (name, { command, args }) =>
      `[mcp_servers.${name}]\ncommand = ${JSON.stringify(command)}\nargs = ${JSON.stringify(args)}\n`,
  },
  opencode: {
    title: 'opencode',
    file: (home) => join(home, '.config', 'opencode', 'opencode.json'),
    place: (name, { command, args }) => ({
      path: ['mcp', name],
      value: { type: 'local', command: [command, ...args], enabled: true },
    }),
  },
  inspector: {
    title: 'MCP Inspector',
    line: ({ command, args }) =>
      ['npx @modelcontextprotocol/inspector', command, ...args].join(' '),
  },
}

/** `switchyard connect CLIENT [--write]`: prints what a client needs to know of this hub, or writes it. */
export async function connect(args: string[]): Promise<number> {
  const { settings, values, positionals } = parseSettings('connect', args)
  const client = clientNamed(positionals[0])
  const name = typeof values.name === 'string' ? values.name : 'switchyard'
  if (!/^[\w-]{1,40}$/.test(name))
    throw new HubError('invalid', `${JSON.stringify(name)} is no name`)
  const entry = entryFor(resolve(settings.data), values.view === 'lean')
  if (client.line) return print(client.line(entry))
  const file =
    typeof values.file === 'string'
      ? resolve(values.file)
      : (client.file?.(homedir(), process.cwd()) ?? '')
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const after = withEntry(client, name, entry, before, file)
  if (!values.write) {
    print(`${client.title} reads ${file}. With the entry (--write puts it there):\n`)
    return print(client.section?.(name, entry) ?? json(client, name, entry))
  }
  if (after === before) return print(`${file} has it already`)
  writeWhole(file, after)
  return print(`Written to ${file}. Restart ${client.title.split(',')[0]} to see it.`)
}

function clientNamed(name: string | undefined): Client {
  const client = name !== undefined && Object.hasOwn(clients, name) ? clients[name] : undefined
  if (client) return client
  const known = Object.keys(clients)
  const close = name === undefined ? undefined : nearest(name, known)
  throw new HubError(
    'invalid',
    name === undefined ? 'connect whom?' : `no client ${name} is known`,
    {
      hint: close ? `Did you mean ${close}?` : `Known: ${known.join(', ')}.`,
    },
  )
}

const entryFor = (dataDir: string, lean: boolean): Entry => ({
  command: ownNode(),
  args: [
    join(codeRoot, 'bin', 'switchyard.js'),
    'stdio',
    '--data',
    dataDir,
    ...(lean ? ['--view', 'lean'] : []),
  ],
})

/** The Node that came with the hub, whatever else is on the path of the client. */
function ownNode(): string {
  const own = join(codeRoot, 'node_modules', 'node', 'bin', 'node')
  return existsSync(own) ? own : process.execPath
}

/** The file with our entry in it and everything else, comments too, as it was. */
function withEntry(
  client: Client,
  name: string,
  entry: Entry,
  before: string,
  file: string,
): string {
  if (client.section) return withSection(before, name, client.section(name, entry))
  const place = client.place?.(name, entry)
  if (!place) return before
  const { path, value } = place
  if (before.trim() === '') return `${json(client, name, entry)}\n`
  const errors: ParseError[] = []
  parse(before, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first)
    throw new HubError('invalid', `${file} is not valid: ${printParseErrorCode(first.error)}`, {
      hint: `Mend it at character ${first.offset}, then try again; nothing was written.`,
    })
  // Without formatting options only the new text is inserted; with them its neighbours are laid out anew.
  const edits = modify(before, path, value, {}).map((edit) => ({
    ...edit,
    content: laidOut(edit.content, value),
  }))
  return applyEdits(before, edits)
}

/** Our entry on lines of its own, whatever the file's own way is. */
const laidOut = (inserted: string, value: object): string =>
  inserted
    .replace(JSON.stringify(value), () => JSON.stringify(value, null, 2).replaceAll('\n', '\n    '))
    .replace(/^(,?)\s*"/, '$1\n    "')

/** TOML with one table replaced, from its head to the next one, or added at the end. */
function withSection(before: string, name: string, section: string): string {
  const lines = before.split('\n')
  const start = lines.findIndex((line) => line.trim() === `[mcp_servers.${name}]`)
  if (start < 0) return `${before.trimEnd()}${before.trim() === '' ? '' : '\n\n'}${section}`
  const length = lines.slice(start + 1).findIndex((line) => line.trimStart().startsWith('['))
  const end = length < 0 ? lines.length : start + 1 + length
  const rest = lines.slice(end).join('\n')
  return [...lines.slice(0, start), section.trimEnd(), ...(rest === '' ? [''] : ['', rest])].join(
    '\n',
  )
}

function json(client: Client, name: string, entry: Entry): string {
  const { path = [], value = {} } = client.place?.(name, entry) ?? {}
  return JSON.stringify({ [path[0] ?? '']: { [path[1] ?? '']: value } }, null, 2)
}

/** A reader sees the old file or the new one, never a part. */
function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  const next = `${file}.${process.pid}.new`
  writeFileSync(next, text)
  renameSync(next, file)
}

function claudeFolder(home: string): string {
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'Claude')
  if (process.platform === 'win32')
    return join(process.env.APPDATA ?? join(home, 'AppData', 'Roaming'), 'Claude')
  return join(home, '.config', 'Claude')
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}
