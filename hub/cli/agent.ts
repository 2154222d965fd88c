import { resolve } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { runPool } from '../../agent/pool.ts'
import { clientFor, parseSettings } from './settings.ts'

/**
 * `switchyard agent [--org ORG] [--tags gpu,lab] [--remote]`: a long-lived agent that claims one task after
 * another. A remote one fetches its work from the hub, also where a path of the hub would seem to be there.
 */
export async function agent(args: string[]): Promise<number> {
  const { settings, values } = parseSettings('agent', args)
  if (values.remote === true) process.env.SWITCHYARD_GIT = 'http'
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => stop.abort(new HubError('canceled', 'the agent is told to stop')))
  }
  const org = typeof values.org === 'string' ? values.org : undefined
  const workRoot = resolve(settings.data, 'work')
  await runPool(clientFor(settings, 600_000), {
    org,
    tags: typeof values.tags === 'string' ? values.tags.split(',') : [],
    workRoot,
    stop: stop.signal,
    say: (text) => console.log(text),
  })
  process.exit(0) // Sockets kept open for a next call would hold the process.
}
