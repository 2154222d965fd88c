import { hostname } from 'node:os'
import { HubError } from '../schemas/errors.ts'
import { runAttempt } from './attempt.ts'
import { HubClient } from './hub-client.ts'
import { showAlive } from './alive.ts'
import type { Granted } from './lease.ts'
import { Measures } from './measures.ts'
import { serveMetrics } from './metrics.ts'

/** The agent of one pod: claims the task it was started for, carries it out, and ends. */
async function main(): Promise<number> {
  const {
    SWITCHYARD_TOKEN: token,
    SWITCHYARD_POD: pod,
    SWITCHYARD_TASK: task,
    SWITCHYARD_WORK: workRoot,
  } = process.env
  const { SWITCHYARD_ENDPOINT: endpointFile, SWITCHYARD_URL: url } = process.env
  const { SWITCHYARD_TOKEN_FILE: file, SWITCHYARD_ALIVE: aliveFile } = process.env
  const { SWITCHYARD_METRICS_PORT: metricsPort } = process.env
  const credential = token ?? (file ? { file } : undefined)
  if (!credential || !pod || !task || !workRoot || !(endpointFile || url)) {
    process.stderr.write(
      'this program is started by a hub, in a pod; people run `switchyard agent`\n',
    )
    return 2
  }
  if (aliveFile) showAlive(aliveFile)
  const measures = new Measures()
  if (metricsPort) await serveMetrics(measures, Number(metricsPort))
  const stop = new AbortController()
  process.on('SIGTERM', () => stop.abort(new HubError('canceled', 'the pod is told to stop')))
  const hub = new HubClient({ endpointFile, url, token: credential }, 600_000)
  const { lease } = await hub.call<{ lease?: Granted }>(
    'task_claim',
    { agent: `agent-${pod}`, task, host: hostname() },
    { signal: stop.signal },
  )
  if (!lease) return 0
  await runAttempt(hub, lease, { workRoot, stop: stop.signal, measures })
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  // Another agent took the task, or it was canceled meanwhile: nothing is left to do here.
  const moot =
    error instanceof HubError &&
    ['conflict', 'canceled', 'unauthenticated', 'denied'].includes(error.code)
  process.stderr.write(`${error instanceof Error && !moot ? error.stack : String(error)}\n`)
  process.exitCode = moot ? 0 : 1
}
// Sockets kept open for a next call would hold the process.
process.exit()
