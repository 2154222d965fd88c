import { Principal } from '../../../schemas/principal.ts'
import type { Trigger } from '../../../schemas/trigger.ts'
import { TriggerOn, TriggerTask } from '../../../schemas/trigger.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

export type TriggerRow = Row & {
  id: string
  org: string
  title: string
  kind: TriggerOn['kind']
  condition: string
  task: string
  overlap: Trigger['overlap']
  max_concurrent: number
  max_failures: number
  principal: string
  created_by: string
  is_enabled: number
  disabled_reason: string | null
  failures: number
  next_at: number | null
  seen: string | null
  created_at: number
  updated_at: number
}

export const conditionOf = (row: TriggerRow): TriggerOn =>
  TriggerOn.parse(JSON.parse(row.condition))
export const taskOf = (row: TriggerRow): TriggerTask => TriggerTask.parse(JSON.parse(row.task))
export const makerOf = (row: TriggerRow): Principal => Principal.parse(JSON.parse(row.principal))

export const toTrigger = (row: TriggerRow): Trigger => ({
  id: row.id,
  org: row.org,
  title: row.title,
  on: conditionOf(row),
  submit: taskOf(row),
  overlap: row.overlap,
  maxConcurrent: row.max_concurrent,
  maxFailures: row.max_failures,
  enabled: row.is_enabled === 1,
  ...(row.disabled_reason === null ? {} : { disabledReason: row.disabled_reason }),
  failures: row.failures,
  ...(row.next_at === null ? {} : { nextAt: row.next_at }),
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export const readTrigger = (reader: Reader, id: string): Promise<TriggerRow | undefined> =>
  reader.get<TriggerRow>('SELECT * FROM triggers WHERE id = :id', { id })

export const countTriggers = async (reader: Reader, org: string): Promise<number> =>
  (
    await reader.get<{ count: number }>('SELECT count(*) AS count FROM triggers WHERE org = :org', {
      org,
    })
  )?.count ?? 0

/** One page of triggers, newest first. */
export const listTriggers = (
  reader: Reader,
  { kind, ...rest }: TriggerFilter,
): Promise<{ items: Trigger[]; next?: string }> =>
  listNewest<TriggerRow, Trigger>(reader, {
    ...rest,
    table: 'triggers',
    filters: { kind },
    toItem: toTrigger,
  })

type TriggerFilter = {
  kind: TriggerOn['kind'] | undefined
  orgs: string[] | undefined
  cursor: string | undefined
  limit: number
}

/** Those that are enabled, of a kind and, where one is named, an org; in pages by id. */
export const listEnabled = (
  reader: Reader,
  { kind, org, after = '' }: { kind: TriggerOn['kind']; org?: string; after?: string },
): Promise<TriggerRow[]> =>
  reader.all<TriggerRow>(
    `SELECT * FROM triggers WHERE is_enabled = 1 AND kind = :kind
       ${org === undefined ? '' : 'AND org = :org'} AND id > :after ORDER BY id LIMIT 200`,
    { kind, after, ...(org === undefined ? {} : { org }) },
  )

/** Those whose time has come, a bounded number of them. */
export const listDue = (reader: Reader, now: number): Promise<TriggerRow[]> =>
  reader.all<TriggerRow>(
    `SELECT * FROM triggers WHERE is_enabled = 1 AND next_at IS NOT NULL AND next_at <= :now
     ORDER BY next_at LIMIT 100`,
    { now },
  )

export const nextDue = async (reader: Reader): Promise<number | undefined> =>
  (
    await reader.get<{ at: number | null }>(
      'SELECT min(next_at) AS at FROM triggers WHERE is_enabled = 1 AND next_at IS NOT NULL',
    )
  )?.at ?? undefined

/** Adds a trigger or takes over what changed of it, and announces that. */
export async function saveTrigger(
  tx: Transaction,
  row: TriggerRow,
  what: 'created' | 'updated' | 'disabled',
): Promise<TriggerRow> {
  const next = { ...row, updated_at: tx.now }
  if (what === 'created') await tx.insert('triggers', next)
  else await updateTrigger(tx, next)
  const data = { title: row.title, enabled: row.is_enabled === 1, reason: row.disabled_reason }
  await tx.event({ kind: `trigger.${what}`, org: row.org, subject: row.id, data })
  tx.about(row.id)
  tx.wake('triggers')
  return next
}

/** Takes over what changed, without a word: when it is due next, what it has seen, its failures. */
export async function updateTrigger(tx: Transaction, row: TriggerRow): Promise<void> {
  await tx.run(
    `UPDATE triggers SET title = :title, kind = :kind, condition = :condition, task = :task,
       overlap = :overlap, max_concurrent = :max_concurrent, max_failures = :max_failures,
       principal = :principal,
       is_enabled = :is_enabled, disabled_reason = :disabled_reason, failures = :failures,
       next_at = :next_at, seen = :seen, updated_at = :updated_at WHERE id = :id`,
    row,
  )
  tx.wake('triggers')
}

export async function deleteTrigger(
  tx: Transaction,
  { id, org, title }: TriggerRow,
): Promise<void> {
  await tx.run('DELETE FROM triggers WHERE id = :id', { id })
  await tx.event({ kind: 'trigger.deleted', org, subject: id, data: { title } })
  tx.about(id)
}
