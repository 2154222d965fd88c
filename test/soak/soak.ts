import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rssMb } from '../bench/load.ts'
import { everythingStdio, startEverything } from '../helpers/everything.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import type { Tally } from './client.ts'
import { SoakClient } from './client.ts'

// `npm run soak [-- --minutes 20 --clients 200]`: many clients with equal request ids and secrets of their
// own, through upstreams that are killed all the time. Nothing may be crossed, nothing may hang, and the
// hub may not grow.
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    clients: { type: 'string', default: '200' },
  },
})
const minutes = Number(values.minutes)
const count = Number(values.clients)
const data = mkdtempSync(join(tmpdir(), 'switchyard-soak-'))
let web = await startEverything('http', 'both')
let webOld = await startEverything('http', 'legacy')
const mcpServers = {
  pipe: everythingStdio('both'),
  web: { url: web.url },
  old: { ...everythingStdio('legacy'), concurrency: 64 },
  webold: { url: webOld.url },
}
writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ mcpServers }))
const hub = new ProcessHub(data, ['--dispatch', 'off', '--log-level', 'silent'])
await hub.start()
await new Promise((resolve) => setTimeout(resolve, 3000))

const tally: Tally = { ok: 0, refused: 0, canceled: 0, crossed: [], hung: 0 }
const until = performance.now() + minutes * 60_000
const samples: { rss: number; files: number }[] = []
let kills = 0
const sampler = setInterval(
  () => samples.push({ rss: rssMb(hub.pid), files: readdirSync(`/proc/${hub.pid}/fd`).length }),
  5000,
)
const running = Array.from({ length: count }, (_, index) => {
  // A few are asked by servers of the old era, where each client gets a process of its own.
  const servers =
    index < 8
      ? ['pipe', 'web', 'old', 'webold']
      : index < 40
        ? ['pipe', 'web', 'webold']
        : ['pipe', 'web']
  const secret = `secret-${index}`
  const url = () => hub.url
  const client = new SoakClient({ url, token: hub.token, secret, legacy: index % 2 === 1, tally })
  return client.run(until, servers)
})
await Promise.all([...running, killUpstreams()])
clearInterval(sampler)
// What is over must leave nothing behind.
await new Promise((resolve) => setTimeout(resolve, 5000))
const after = { rss: rssMb(hub.pid), files: readdirSync(`/proc/${hub.pid}/fd`).length }
const audit = await hub.client().call<{ intact: boolean }>('audit_verify')
const code = await hub.stop()
web.stop()
webOld.stop()
rmSync(data, { recursive: true, force: true })

const half = samples.slice(0, Math.floor(samples.length / 2)).slice(-12)
const end = samples.slice(-12)
const mean = (list: typeof samples, field: 'rss' | 'files') =>
  list.reduce((sum, sample) => sum + sample[field], 0) / Math.max(1, list.length)
const growth = mean(end, 'rss') / mean(half, 'rss')
const fileGrowth = mean(end, 'files') / mean(half, 'files')
console.log(`${count} clients, ${minutes} min, upstreams killed ${kills} times`)
console.log(
  `answered ${tally.ok}, refused because their upstream was killed ${tally.refused}, canceled ${tally.canceled}`,
)
console.log(`crossed answers ${tally.crossed.length}, hung calls ${tally.hung}`)
for (const crossing of tally.crossed.slice(0, 5)) console.log(`  ${crossing}`)
console.log(
  `memory ${mean(half, 'rss').toFixed(0)} MB at half time, ${mean(end, 'rss').toFixed(0)} MB at the end (${growth.toFixed(2)}×), ${after.rss.toFixed(0)} MB when idle`,
)
const minute = samples.filter((_, index) => index % 12 === 11)
console.log(`memory by the minute: ${minute.map(({ rss }) => rss.toFixed(0)).join(' ')}`)
console.log(
  `descriptors ${mean(half, 'files').toFixed(0)} at half time, ${mean(end, 'files').toFixed(0)} at the end, ${after.files} when idle`,
)
console.log(`audit chain ${audit.intact ? 'intact' : 'BROKEN'}; the hub drained with code ${code}`)
// A process that has just begun grows for ten minutes, while V8 takes its heap in steps; only what comes after
// shows a leak.
const isFlat = minutes < 20 || (growth < 1.1 && fileGrowth < 1.1)
const isRight = tally.crossed.length === 0 && tally.hung === 0 && audit.intact && code === 0
const holds = isRight && isFlat && tally.ok > count
console.log(holds ? '1 passed, 0 failed' : '0 passed, 1 failed')
process.exit(holds ? 0 : 1)

async function killUpstreams(): Promise<void> {
  while (performance.now() < until - 5000) {
    await new Promise((resolve) => setTimeout(resolve, 2000 + Math.random() * 4000))
    kills++
    const dice = Math.floor(Math.random() * 4)
    if (dice === 0)
      await hub
        .client()
        .call('pipe_probe_exit')
        .catch(() => undefined)
    else if (dice === 1)
      await hub
        .client()
        .call('old_probe_exit')
        .catch(() => undefined)
    else if (dice === 2) web = await restarted(web, 'both')
    else webOld = await restarted(webOld, 'legacy')
  }
}

async function restarted(server: typeof web, eras: 'both' | 'legacy'): Promise<typeof web> {
  const gone = new Promise((resolve) => server.child.once('close', resolve))
  server.child.kill('SIGKILL')
  await gone
  return startEverything('http', eras, server.port)
}
