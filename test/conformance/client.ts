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
type Planned = {
  toolCalls?: { name: string; arguments: Record<string, unknown> }[]
  client_id?: string
  client_secret?: string
  private_key_pem?: string
  signing_algorithm?: string
  valid_jwt?: string
  issuer?: string
}

const url = process.argv.at(-1) ?? ''
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? ''
const isModern = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION === '2026-07-28'
const planned = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as Planned // The suite's own form.

const data = mkdtempSync(join(tmpdir(), 'switchyard-client-'))
writeFileSync(
  join(data, 'switchyard.json'),
  JSON.stringify({ mcpServers: { suite: { url, prefix: '', ...oauthFor(scenario, planned) } } }),
)
const settings = readSettings(
  {},
  { port: 0, data, dispatch: 'off', logLevel: 'warn', drainMs: 500 },
)
const hub = new Hub(settings, makeLogger('warn', true), {})
const address = await hub.start()
const requestInit = {
  headers: { authorization: `Bearer ${readFileSync(join(data, 'token'), 'utf8').trim()}` },
}
await ready()

const client = new Client(
  { name: 'conformance-adapter', version: '1.0.0' },
  {
    capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
    ...(isModern ? { versionNegotiation: { mode: 'auto' } } : {}),
  },
)
client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: {} }))
await client.connect(
  new StreamableHTTPClientTransport(new URL(`${address}/mcp/suite`), { requestInit }),
)

const tools = (await client.listTools()).tools as unknown as Listed[] // As the schema of a listing says.
const calls =
  planned.toolCalls ?? tools.map((tool) => ({ name: tool.name, arguments: argumentsFor(tool) }))
for (const call of calls) {
  await attempt(async () => {
    // As a person would who is told that a call needs another sign-in, and does not try for ever.
    for (let tries = 0; tries < 3; tries++) {
      const answer = await client.callTool(call)
      const error = answer._meta?.['switchyard/error'] as
        | { details?: { signIn?: true } }
        | undefined // Ours.
      if (!error?.details?.signIn) return
      await signIn()
    }
  })
}
for (const { uri } of (await client.listResources()).resources)
  await attempt(() => client.readResource({ uri }))
for (const { name } of (await client.listPrompts()).prompts)
  await attempt(() => client.getPrompt({ name, arguments: {} }))
await client.close()
await hub.stop()
process.exit(0)

/** Signs in where the suite asks for it, and waits until the upstream serves. */
async function ready(): Promise<void> {
  let signIns = 0
  for (let tries = 0; tries < 400; tries++) {
    const [state] = hub.upstreams.states()
    if (state?.state === 'ready') return
    if (state?.state === 'signed_out') {
      if (signIns++ === 3) throw new Error('three sign-ins were not enough')
      await signIn()
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`the suite's server is not ready: ${JSON.stringify(hub.upstreams.states())}`)
}

/** Opens the link that the hub gives; the suite's authorization server grants at once and sends back. */
async function signIn(): Promise<void> {
  const own = new Client({ name: 'conformance-owner', version: '1.0.0' })
  await own.connect(
    new StreamableHTTPClientTransport(new URL(`${address}/mcp/hub`), { requestInit }),
  )
  const answer = await own.callTool({ name: 'server_login', arguments: { server: 'suite' } })
  await own.close()
  const { link } = (answer.structuredContent ?? {}) as { link?: string } // The tool's output.
  if (link === undefined) throw new Error(`no link: ${JSON.stringify(answer)}`)
  const page = await fetch(link)
  if (page.status !== 200) throw new Error(`not signed in: ${page.status} ${await page.text()}`)
  await new Promise((resolve) => setTimeout(resolve, 100))
}

/** What the suite would have a user write into the configuration. */
function oauthFor(name: string, plan: Planned): object {
  const own = {
    clientId: plan.client_id,
    clientSecret: plan.client_secret,
    privateKey: plan.private_key_pem,
    algorithm: plan.signing_algorithm,
    issuer: plan.issuer,
  }
  if (name.startsWith('auth/client-credentials'))
    return { oauth: { ...own, grant: 'client_credentials' } }
  if (name === 'auth/wif-jwt-bearer')
    return { oauth: { clientId: plan.client_id, grant: 'jwt_bearer', assertion: plan.valid_jwt } }
  if (name === 'auth/basic-cimd')
    return { oauth: { clientMetadataUrl: 'https://conformance-test.local/client-metadata.json' } }
  if (name.startsWith('auth/dpop')) return { oauth: { dpop: true } }
  return plan.client_id === undefined ? {} : { oauth: own }
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
