import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ProviderContext } from '../provider.ts'
import type { RadRepository } from './rad-repository.ts'
import { rad } from './rad.ts'

/**
 * Has the person's own `rad` see a patch that was written in their storage, and the node that runs
 * tell its peers. Neither fails what was written: it is in the storage, where the next one finds it.
 * Nobody waits for peers.
 */
export async function announce(
  { log }: Pick<ProviderContext, 'log'>,
  { me, rid }: RadRepository,
  patch: string | undefined,
): Promise<void> {
  const unheard = (error: unknown) =>
    log.warn({ error, rid, patch }, 'what was written to Radicle was not announced')
  if (patch !== undefined && existsSync(join(me.sharedWith, 'storage', rid.slice(4)))) {
    const args = ['patch', 'cache', patch, '--repo', rid, '--no-announce']
    await rad({ RAD_HOME: me.sharedWith }, args).catch(unheard)
  }
  if (!existsSync(me.env.RAD_SOCKET ?? '')) return
  const args = ['sync', '--announce', rid, '--timeout', '5s']
  void rad(me.env, args, { timeoutMs: 20_000 }).catch(unheard)
}
