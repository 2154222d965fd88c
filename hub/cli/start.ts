import { Hub } from '../hub.ts'
import { makeLogger } from '../log.ts'
import { buildWeb } from './build-web.ts'
import { parseSettings } from './settings.ts'

/** `switchyard start`: builds the dashboard if it is stale, runs the hub, drains on SIGTERM. */
export async function start(args: string[]): Promise<number> {
  const { settings } = parseSettings(args, {})
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
  // Finding out how pods are isolated takes a moment, for which nobody has to wait.
  hub.clusters.warnings().then(
    (lines) => lines.forEach((line) => process.stderr.write(`${line}\n`)),
    (error: unknown) => {
      if (!hub.draining) log.error({ error }, 'pods cannot be started')
    },
  )
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
