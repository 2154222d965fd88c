import { randomBytes } from 'node:crypto'
import type { Exposure } from '../../../schemas/exposure.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Reader, Row, Transaction, Writer } from '../../kit/sql.ts'
import { digestOf } from '../../kit/store/tokens.ts'

/** A row of `exposures`, which this file owns together with `exposure_keys`. */
export type ExposureRow = Row & {
  id: string
  org: string
  pod: string
  cluster: string
  port: number
  kind: Exposure['kind']
  host: string
  created_by: string
  created_at: number
  expires_at: number
  ended_at: number | null
  reason: string | null
}

/** Most ports that an org has exposed at a time. */
const maxLive = 50
const ticketMs = 10 * 60_000
/** How long a browser is told that what it asks for has ended. */
const keptMs = 7 * 24 * 3_600_000
/** Sessions of one exposure, so that a ticket a minute does not fill the table. */
const maxKeys = 200

export const toExposure = (row: ExposureRow): Exposure => ({
  id: row.id,
  pod: row.pod,
  port: row.port,
  kind: row.kind,
  createdBy: row.created_by,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
})

/**
 * Exposes a port of a pod, or lets its exposure last until `expiresAt`: a port has one address,
 * whoever asks for it. Returns a ticket beside it, which is nowhere else.
 */
export function exposePort(
  writer: Writer,
  asked: Pick<ExposureRow, 'id' | 'org' | 'pod' | 'cluster' | 'kind'> & {
    port: number
    principal: string
    ttlMs: number
  },
): Promise<{ row: ExposureRow; ticket: string }> {
  const { principal, ttlMs, ...place } = asked
  return writer.transaction(async (tx) => {
    await endExposures(tx, 'expires_at <= :now', { now: tx.now }, 'its time was over')
    await tx.run('DELETE FROM exposures WHERE ended_at < :before', { before: tx.now - keptMs })
    const known = await tx.get<ExposureRow>(
      'SELECT * FROM exposures WHERE pod = :pod AND port = :port AND ended_at IS NULL',
      { pod: place.pod, port: place.port },
    )
    const row: ExposureRow = known
      ? { ...known, kind: place.kind, expires_at: Math.max(known.expires_at, tx.now + ttlMs) }
      : {
          ...place,
          host: hostLabel(),
          created_by: principal,
          created_at: tx.now,
          expires_at: tx.now + ttlMs,
          ended_at: null,
          reason: null,
        }
    if (known)
      await tx.run('UPDATE exposures SET kind = :kind, expires_at = :expiresAt WHERE id = :id', {
        id: row.id,
        kind: row.kind,
        expiresAt: row.expires_at,
      })
    else {
      await ensureRoom(tx, row.org)
      await tx.insert('exposures', row)
      await announce(tx, row, 'pod.exposed')
    }
    tx.about(row.pod)
    tx.wake('exposures')
    const ticket = await mintKey(tx, row, { purpose: 'ticket', principal, lastsMs: ticketMs })
    return { row, ticket }
  })
}

/** Turns a ticket into a session, once; undefined when it is unknown, used, old, or of another host. */
export function redeemTicket(
  writer: Writer,
  { host, ticket }: { host: string; ticket: string },
): Promise<{ session: string; maxAgeMs: number } | undefined> {
  return writer.transaction(async (tx) => {
    const row = await findBehind(tx, { host, key: ticket, purpose: 'ticket', now: tx.now })
    if (!row) return undefined
    const used = await tx.get<{ principal: string }>(
      'SELECT principal FROM exposure_keys WHERE digest = :digest',
      { digest: digestOf(ticket) },
    )
    await tx.run('DELETE FROM exposure_keys WHERE digest = :digest', { digest: digestOf(ticket) })
    const maxAgeMs = row.expires_at - tx.now
    const session = await mintKey(tx, row, {
      purpose: 'session',
      principal: used?.principal ?? '',
      lastsMs: 24 * 3_600_000, // It ends with its exposure, which may be prolonged.
    })
    return { session, maxAgeMs }
  })
}

/** The live exposure that a key opens under a host name. */
export const findBehind = (
  reader: Reader,
  at: { host: string; key: string; purpose: 'ticket' | 'session'; now: number },
): Promise<ExposureRow | undefined> =>
  reader.get<ExposureRow>(
    `SELECT exposures.* FROM exposures
     JOIN exposure_keys ON exposure_keys.exposure = exposures.id
     WHERE exposures.host = :host AND exposures.ended_at IS NULL AND exposures.expires_at > :now
       AND exposure_keys.digest = :digest AND exposure_keys.purpose = :purpose
       AND exposure_keys.expires_at > :now`,
    { host: at.host, digest: digestOf(at.key), purpose: at.purpose, now: at.now },
  )

/** An exposure by its host name, also one that has ended. */
export const findByHost = (reader: Reader, host: string): Promise<ExposureRow | undefined> =>
  reader.get<ExposureRow>('SELECT * FROM exposures WHERE host = :host', { host })

export const findExposure = (reader: Reader, id: string): Promise<ExposureRow | undefined> =>
  reader.get<ExposureRow>('SELECT * FROM exposures WHERE id = :id', { id })

/** Live exposures of one pod, or of all. */
export const listExposures = (reader: Reader, now: number, pod?: string): Promise<ExposureRow[]> =>
  reader.all<ExposureRow>(
    `SELECT * FROM exposures WHERE ended_at IS NULL AND expires_at > :now
       ${pod === undefined ? '' : 'AND pod = :pod'} ORDER BY id LIMIT 1000`,
    { now, ...(pod === undefined ? {} : { pod }) },
  )

/** Ends an exposure at once; false when it had ended. */
export const endExposure = (writer: Writer, id: string, reason: string): Promise<boolean> =>
  writer.transaction((tx) => endExposures(tx, 'id = :id', { id }, reason))

/** Ends what is exposed of a pod, within the change that ends the pod. */
export const endPodExposures = (tx: Transaction, pod: string): Promise<boolean> =>
  endExposures(tx, 'pod = :pod', { pod }, 'the pod has ended')

async function endExposures(
  tx: Transaction,
  which: 'id = :id' | 'pod = :pod' | 'expires_at <= :now',
  params: Record<string, string | number>,
  reason: string,
): Promise<boolean> {
  const ending = await tx.all<ExposureRow>(
    `SELECT * FROM exposures WHERE ended_at IS NULL AND ${which}`,
    params,
  )
  for (const row of ending) {
    const { id } = row
    await tx.run('UPDATE exposures SET ended_at = :at, reason = :reason WHERE id = :id', {
      id,
      at: tx.now,
      reason,
    })
    await tx.run('DELETE FROM exposure_keys WHERE exposure = :id', { id })
    tx.about(row.pod)
    await announce(tx, row, 'pod.unexposed', { reason })
  }
  if (ending.length > 0) tx.wake('exposures')
  return ending.length > 0
}

async function ensureRoom(tx: Transaction, org: string): Promise<void> {
  const found = await tx.get<{ live: number }>(
    'SELECT count(*) AS live FROM exposures WHERE org = :org AND ended_at IS NULL',
    { org },
  )
  if (found && found.live >= maxLive)
    throw new HubError('exhausted', `the org ${org} has ${found.live} ports exposed already`, {
      hint: 'End one by pod_unexpose; pod_read shows those of a pod.',
    })
}

async function mintKey(
  tx: Transaction,
  { id }: ExposureRow,
  key: { purpose: 'ticket' | 'session'; principal: string; lastsMs: number },
): Promise<string> {
  const now = tx.now
  await tx.run('DELETE FROM exposure_keys WHERE expires_at <= :now', { now })
  await tx.run(
    `DELETE FROM exposure_keys WHERE exposure = :id AND digest NOT IN
       (SELECT digest FROM exposure_keys WHERE exposure = :id ORDER BY expires_at DESC LIMIT :most)`,
    { id, most: maxKeys },
  )
  const text = randomBytes(32).toString('base64url')
  const { purpose, principal, lastsMs } = key
  const expires_at = now + lastsMs
  await tx.insert('exposure_keys', {
    digest: digestOf(text),
    exposure: id,
    purpose,
    principal,
    expires_at,
  })
  return text
}

const announce = (
  tx: Transaction,
  { org, pod, id, port }: ExposureRow,
  kind: string,
  data: Record<string, unknown> = {},
): Promise<void> =>
  tx.event({ kind, org, subject: pod, data: { pod, exposure: id, port, ...data } })

/** 80 bits, in letters that a host name keeps: a browser writes it in lower case. */
const hostLabel = (): string => `p${randomBytes(10).toString('hex')}`
