import { HubError } from '../../../schemas/errors.ts'
import { codeServerCommand } from '../../../servers/cluster/code-server.ts'
import type { ClusterDriver } from '../../../servers/kit/cluster-driver.ts'
import type { Clock } from '../../../servers/kit/clock.ts'
import { pause } from '../../../servers/kit/clock.ts'
import { request as send } from '../node-http.ts'
import type { Exposed } from './exposed.ts'

const startMs = 60_000
const lookMs = 250
const shownBytes = 1000

/**
 * Editors in pods, each started when somebody first opens it, and ended with its exposure. One that
 * another hub process has started, and that answers, is used as it is.
 */
export class Editors {
  readonly #clock: Clock
  readonly #started = new WeakMap<Exposed, Promise<void>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves once the editor answers. */
  ensure(exposed: Exposed, driver: ClusterDriver): Promise<void> {
    const known = this.#started.get(exposed)
    if (known) return known
    const started = this.#start(exposed, driver)
    this.#started.set(exposed, started)
    // The next one who asks has it started anew.
    started.catch(() => this.#started.delete(exposed))
    return started
  }

  async #start(exposed: Exposed, driver: ClusterDriver): Promise<void> {
    if (await answers(exposed)) return
    const { pod, port } = exposed.row
    const command = codeServerCommand(port, driver.kind === 'local' ? 'loopback' : 'pod')
    const stop = new AbortController()
    const program = { said: '', end: '' }
    const run = async () => {
      const signal = AbortSignal.any([exposed.ended, stop.signal])
      for await (const event of driver.exec(pod, command, signal))
        if (event.kind === 'exit') program.end = `it ended with code ${event.exitCode ?? 'none'}`
        else
          program.said = (program.said + Buffer.from(event.data).toString('utf8')).slice(
            -shownBytes,
          )
    }
    run()
      .catch((error: unknown) => {
        program.end = error instanceof Error ? error.message : String(error)
      })
      // One that ends while it is used is started again.
      .finally(() => this.#started.delete(exposed))
    const deadline = this.#clock.now() + startMs
    while (program.end === '' && this.#clock.now() < deadline && !exposed.ended.aborted) {
      if (await answers(exposed)) return
      await pause(this.#clock, lookMs, exposed.ended)
    }
    stop.abort()
    throw new HubError(
      'unavailable',
      `code-server did not start: ${program.end || 'it does not answer'}`,
      {
        hint: program.said.trim() || 'It said nothing.',
      },
    )
  }
}

/** Whether what listens there serves its own health, and not an API server its absence. */
async function answers(exposed: Exposed): Promise<boolean> {
  try {
    const { prefix, headers } = await exposed.way()
    const status = await new Promise<number>((resolve, reject) => {
      const { agent } = exposed
      const asked = send({ agent, path: `${prefix}/healthz`, headers, timeout: 5000 })
      asked.once('response', (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      asked.once('timeout', () => asked.destroy(new Error('no answer')))
      asked.once('error', reject)
      asked.end()
    })
    return status >= 200 && status < 500
  } catch {
    return false // Not yet; what is wrong is told by the program itself.
  }
}
