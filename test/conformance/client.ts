import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Hub } from '../../hub/hub.ts'
import { makeLogger } from '../../hub/log.ts'
import { readSettings } from '../../schemas/config.ts'

// What the conformance suite starts to try the hub's own client role: `client.ts URL`. The address is an
// upstream of a hub made for it, and whatever the upstream offers is used once, through the hub.
type Schema = {
  type?: string
  enum?: unknown[]
  properties?: Record<string, Schema>
  default?: unknown
}
type Listed = { name: string; inputSchema: Schema }
type Planned = { toolCalls?: { name: string; arguments: Record<string, unknown> }[] }

const url = process.argv.at(-1) ?? ''
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? ''
const isModern = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION === '2026-07-28'
const planned = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as Planned // The suite's own form.

const data = mkdtempSync(join(tmpdir(), 'switchyard-client-'))
writeFileSync(
  join(data, 'switchyard.json'),
  JSON.stringify({ mcpServers: { suite: { url, prefix: '' } } }),
)
const settings = readSettings(
  {},
  { port: 0, data, dispatch: 'off', logLevel: 'warn', drainMs: 500 },
)
const hub = new Hub(settings, makeLogger('warn', true), {})
const address = await hub.start()
await ready()

const client = new Client(
  { name: 'conformance-adapter', version: '1.0.0' },
  {
    capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
    ...(isModern ? { versionNegotiation: { mode: 'auto' } } : {}),
  },
)
client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: {} }))
const requestInit = {
  headers: { authorization: `Bearer ${readFileSync(join(data, 'token'), 'utf8').trim()}` },
}
await client.connect(
  new StreamableHTTPClientTransport(new URL(`${address}/mcp/suite`), { requestInit }),
)

const tools = (await client.listTools()).tools as unknown as Listed[] // As the schema of a listing says.
const calls =
  planned.toolCalls ?? tools.map((tool) => ({ name: tool.name, arguments: argumentsFor(tool) }))
for (const call of calls) await attempt(() => client.callTool(call))
for (const { uri } of (await client.listResources()).resources)
  await attempt(() => client.readResource({ uri }))
for (const { name } of (await client.listPrompts()).prompts)
  await attempt(() => client.getPrompt({ name, arguments: {} }))
await client.close()
await hub.stop()
process.exit(0)

async function ready(): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const [state] = hub.upstreams.states()
    if (state?.state === 'ready') return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`the suite's server is not ready: ${JSON.stringify(hub.upstreams.states())}`)
}

/** What fits the schema; the tool that takes a schema gets the one that was listed. */
function argumentsFor({ inputSchema }: Listed): Record<string, unknown> {
  const values = Object.entries(inputSchema.properties ?? {}).map(([field, schema]) => [
    field,
    field === 'schema' ? tools[0]?.inputSchema : valueFor(schema),
  ])
  return Object.fromEntries(values) as Record<string, unknown> // Made of pairs.
}

function valueFor({ type, enum: options, default: usual }: Schema): unknown {
  if (usual !== undefined) return usual
  if (options) return options[0]
  if (type === 'integer' || type === 'number') return 5
  if (type === 'boolean') return true
  return type === 'array' ? [] : type === 'object' ? {} : 'text'
}

/** Some of the suite's servers refuse on purpose; what counts is what they saw. */
async function attempt(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    console.error(`${scenario}: ${String(error)}`)
  }
}
