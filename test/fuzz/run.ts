import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as fc from 'fast-check'
import { everythingStdio } from '../helpers/everything.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import type { Shot } from './messages.ts'
import { shots } from './messages.ts'

// `npm run fuzz [-- --cases 100000 --seed 7]`: whatever comes in at the doors, the hub answers with a
// status that fits, in the form of the door, and lives on.
const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string', default: '7' } },
})
const cases = Number(values.cases)
const seed = Number(values.seed)
// What only would make the run slow, or end what it looks at.
const left =
  /probe_(exit|wait)|slow_compute|trigger|^pod_|task_(wait|claim|submit)|^up_test_(sampling|elicitation|input)/
const data = mkdtempSync(join(tmpdir(), 'switchyard-fuzz-'))
writeFileSync(
  join(data, 'switchyard.json'),
  JSON.stringify({ mcpServers: { up: everythingStdio('both') } }),
)
const hub = new ProcessHub(data, ['--dispatch', 'off', '--log-level', 'error'])
await hub.start()
await new Promise((resolve) => setTimeout(resolve, 2000))
const tools = (await hub.client().listTools<{ name: string }>())
  .map(({ name }) => name)
  .filter((name) => !left.test(name))
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const statuses = new Map<number, number>()
const codes = new Map<number, number>()
const problems: string[] = []
const batch = 2000
for (let done = 0; done < cases && problems.length < 10; done += batch) {
  const some = fc.sample(shots(tools), {
    numRuns: Math.min(batch, cases - done),
    seed: seed + done,
  })
  const queue = some[Symbol.iterator]()
  const lane = async () => {
    for (const shot of queue) await fire(shot)
  }
  await Promise.all(Array.from({ length: 64 }, lane))
}
const alive = await hub.client(0).call<{ intact: boolean }>('audit_verify').catch(String)
if (typeof alive === 'string' || !alive.intact)
  problems.push(`afterwards: ${JSON.stringify(alive)}`)
const exit = await hub.stop()
if (exit !== 0) problems.push(`the hub ended with ${exit}`)
rmSync(data, { recursive: true, force: true })
const shown = (counts: Map<number, number>) =>
  [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([value, count]) => `${value}: ${count}`)
    .join(', ')
console.log(`statuses ${shown(statuses)}\nJSON-RPC codes ${shown(codes)}`)
for (const problem of problems) console.log(problem)
console.log(`${cases - problems.length} passed, ${problems.length} failed`)
process.exit(problems.length > 0 ? 1 : 0)

async function fire(shot: Shot): Promise<void> {
  const { status, text } = await send(shot).catch((error: unknown) => ({
    status: 0,
    text: String(error),
  }))
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
  const wrong = whatIsWrong(shot, status, text)
  if (wrong)
    problems.push(
      `${wrong}: ${JSON.stringify(shot).slice(0, 600)} → ${status} ${text.slice(0, 300)}`,
    )
}

function whatIsWrong({ path }: Shot, status: number, text: string): string | undefined {
  if (status === 0) return 'no answer'
  if (status >= 500 && status !== 503) return 'a bug'
  if (!path.startsWith('/mcp') || text === '' || !text.startsWith('{')) return undefined
  const reply = JSON.parse(text) as { error?: { code: unknown } } // What the door speaks.
  const code = reply.error?.code
  if (typeof code === 'number') codes.set(code, (codes.get(code) ?? 0) + 1)
  // −32603 says that the hub itself failed, or an upstream did.
  if (code === -32603 && text.includes('inside the hub')) return 'a bug'
  return undefined
}

function send({ method, path, headers, body }: Shot): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${hub.url}${path}`, {
      method,
      agent,
      timeout: 20_000,
      headers: {
        ...headers,
        authorization: `Bearer ${hub.token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    sent.on('timeout', () => sent.destroy(new Error('it takes too long')))
    sent.on('error', reject)
    sent.on('response', (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    sent.end(body)
  })
}
