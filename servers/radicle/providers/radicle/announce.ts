import { existsSync } from 'node:fs'
import type { ProviderContext } from '../provider.ts'
import type { Identity } from './identities.ts'
import { rad } from './rad.ts'

/**
 * Has the node that runs tell its peers of what this identity wrote. Nobody waits for that: without a
 * node, or when it fails, everything is in the storage, and the next announcement tells of it too.
 */
export function announce(
  { log }: Pick<ProviderContext, 'log'>,
  { env }: Identity,
  rid: string,
): void {
  if (!existsSync(env.RAD_SOCKET ?? '')) return
  rad(env, ['sync', '--announce', rid, '--timeout', '5s'], { timeoutMs: 20_000 }).catch(
    (error: unknown) => log.warn({ error, rid }, 'what was written to Radicle was not announced'),
  )
}
