import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Hub } from '../hub.ts'
import { makeLogger } from '../log.ts'
import { buildWeb } from './build-web.ts'
import { setEngineFlags } from './engine-flags.ts'
import { parseSettings } from './settings.ts'

/** `switchyard start`: builds the dashboard if it is stale, runs the hub, drains on SIGTERM. */
export async function start(args: string[]): Promise<number> {
  const { settings } = parseSettings('start', args)
  const log = makeLogger(settings.logLevel)
  await buildWeb((text) => log.info(text))
  const hub = new Hub(settings, log)
  try {
    const url = await hub.start()
    process.stdout.write(`switchyard listening on ${url}\n`)
    process.stdout.write(`sign in: ${await hub.loginLink()}\n`)
  } catch (error) {
    await hub.stop()
    throw error
  }
  setEngineFlags()
  void warn(hub, log)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        log.info({ signal }, 'draining')
        resolve()
      })
    }
  })
  await hub.stop()
  process.exit(0) // Nothing is left to do, whatever a library still holds open.
}

/** Finding out how pods are isolated takes a moment; the first moments belong to callers. */
const settledMs = 250

async function warn(hub: Hub, log: Logger): Promise<void> {
  await setTimeout(settledMs)
  try {
    for (const line of await hub.clusters.warnings()) process.stderr.write(`${line}\n`)
  } catch (error) {
    if (!hub.draining) log.error({ error }, 'pods cannot be started')
  }
}
