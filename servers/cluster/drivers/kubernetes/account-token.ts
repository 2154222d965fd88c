import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../kit/clock.ts'
import type { Access } from './access.ts'
import type { Mark } from './names.ts'
import { hubAccountName, hubNamespaceOf } from './names.ts'
import { parsed } from './objects.ts'
import { Transport } from './transport.ts'

/** A weekend that the hub is switched off for; a server may give less. */
const lifeSeconds = 72 * 3600
/** It is renewed once this part of its life has passed. */
const renewedAfter = 1 / 3
const againMs = 60_000

export const KeptToken = z.object({
  token: z.string(),
  mintedAt: z.number(),
  expiresAt: z.number(),
})
export type KeptToken = z.infer<typeof KeptToken>

/** Where the token lies between two uses. */
export type Shelf = {
  read(): Promise<KeptToken | undefined>
  write(kept: KeptToken): Promise<void>
}

/** A short token of the hub's account (TokenRequest), by who may ask for one. */
export async function mintToken(transport: Transport, mark: Mark, now: number): Promise<KeptToken> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: lifeSeconds },
  }
  const path = `/api/v1/namespaces/${hubNamespaceOf(mark)}/serviceaccounts/${hubAccountName}/token`
  const { status } = parsed(TokenRequest, await transport.json({ method: 'POST', path, body }))
  const { token, expirationTimestamp } = status
  return { token, mintedAt: now, expiresAt: Date.parse(expirationTimestamp) }
}

/**
 * The access of the hub's own account. Each token asks for the next, well before it runs out; one that
 * ran out while the hub was off has to be given anew by an administrator.
 */
export function accountAccess(
  at: Pick<Access, 'server'> & { ca?: string | undefined; serverName?: string | undefined },
  parts: { cluster: string; mark: Mark; shelf: Shelf; clock: Clock; warn(error: unknown): void },
): Access {
  const { cluster, shelf, clock } = parts
  const { server, ca, serverName } = at
  const current = async () => {
    const kept = await shelf.read()
    const now = clock.now()
    if (!kept || kept.expiresAt <= now) throw lost(cluster, kept)
    if (now < renewalOf(kept)) return { token: kept.token, until: renewalOf(kept) }
    try {
      const next = await renew(kept.token)
      await shelf.write(next)
      return { token: next.token, until: renewalOf(next) }
    } catch (error) {
      parts.warn(error)
      return { token: kept.token, until: Math.min(kept.expiresAt, now + againMs) }
    }
  }
  const renew = async (token: string) => {
    const present: Access = { server, ca, serverName, credential: { kind: 'token', token } }
    const transport = new Transport(cluster, () => Promise.resolve(present), clock)
    try {
      return await mintToken(transport, parts.mark, clock.now())
    } finally {
      await transport.close()
    }
  }
  return { server, ca, serverName, credential: { kind: 'renewed', current } }
}

const renewalOf = ({ mintedAt, expiresAt }: KeptToken) =>
  mintedAt + (expiresAt - mintedAt) * renewedAfter

const lost = (cluster: string, kept: KeptToken | undefined) =>
  new HubError(
    'unavailable',
    kept
      ? `the hub's token for the cluster ${cluster} ran out at ${new Date(kept.expiresAt).toISOString()}`
      : `the hub's token for the cluster ${cluster} is not in the store, or was sealed with another key`,
    { hint: 'Give it access once more by cluster_renew.' },
  )

const TokenRequest = z.object({
  status: z.object({ token: z.string(), expirationTimestamp: z.string() }),
})
