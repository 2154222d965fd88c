import { makeAccount, removeAccount } from '../drivers/kubernetes/account.ts'
import { mintToken } from '../drivers/kubernetes/account-token.ts'
import type { Mark } from '../drivers/kubernetes/names.ts'
import type { KubernetesSettings } from '../drivers/kubernetes/settings.ts'
import { Transport } from '../drivers/kubernetes/transport.ts'
import type { Parts } from '../registered.ts'
import { shelfOf } from '../registered.ts'
import { forgetCredential } from '../store/cluster-credentials.ts'
import type { Found } from './input.ts'

type Entered = {
  source: KubernetesSettings['source']
  /** Takes back what was made. */
  leave(): Promise<void>
  /** Lets go of the administrator's access: nothing of it stays. */
  close(): Promise<void>
}

/**
 * Uses an administrator's access once: makes an account with the rights of the hub, and keeps a short
 * token of it, sealed. With `again` it has to be the cluster that has such an account already.
 */
export async function enter(
  cluster: string,
  mark: Mark,
  found: Pick<Found, 'access'>,
  parts: Parts,
  again?: { check(admin: Transport): Promise<void>; server: string },
): Promise<Entered> {
  const access = await found.access()
  const admin = new Transport(cluster, () => Promise.resolve(access), parts.clock)
  const leave = async () => {
    await removeAccount(admin, mark).catch((error: unknown) =>
      parts.log.warn({ error, cluster, ...mark }, "the hub's account in a cluster stays there"),
    )
    await forgetCredential(parts.store, mark.mark)
  }
  try {
    await again?.check(admin)
    try {
      await makeAccount(admin, mark)
      const { server, ca, serverName } = access
      const kept = await mintToken(admin, mark, parts.clock.now())
      await shelfOf(mark, again?.server ?? server, parts).write(kept)
      const source = {
        source: 'account' as const,
        server,
        ...(ca ? { ca } : {}),
        ...(serverName ? { serverName } : {}),
      }
      return { source, leave, close: () => admin.close() }
    } catch (error) {
      if (!again) await leave()
      throw error
    }
  } catch (error) {
    await admin.close()
    throw error
  }
}
