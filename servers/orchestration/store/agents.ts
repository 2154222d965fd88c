import type { Agent } from '../../../schemas/agent.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

export type AgentRow = Row & {
  id: string
  org: string
  kind: Agent['kind']
  principal: string
  state: Agent['state']
  host: string | null
  pod: string | null
  task: string | null
  registered_at: number
  last_seen_at: number
  retired_at: number | null
}

export const toAgent = (row: AgentRow): Agent => ({
  id: row.id,
  org: row.org,
  kind: row.kind,
  state: row.state,
  ...(row.host === null ? {} : { host: row.host }),
  ...(row.pod === null ? {} : { pod: row.pod }),
  ...(row.task === null ? {} : { task: row.task }),
  registeredAt: row.registered_at,
  lastSeenAt: row.last_seen_at,
  ...(row.retired_at === null ? {} : { retiredAt: row.retired_at }),
})

export const readAgent = (reader: Reader, id: string): Promise<AgentRow | undefined> =>
  reader.get<AgentRow>('SELECT * FROM agents WHERE id = :id', { id })

/** One page of agents, newest first; without a state all but the retired ones. */
export const listAgents = (
  reader: Reader,
  options: {
    state: Agent['state'] | undefined
    orgs: string[] | undefined
    cursor: string | undefined
    limit: number
  },
) => {
  const { state, ...rest } = options
  return listNewest<AgentRow, Agent>(reader, {
    ...rest,
    table: 'agents',
    filters: { state },
    also: state === undefined ? 'retired_at IS NULL' : undefined,
    toItem: toAgent,
  })
}

/** Records that an agent is here, and what it works on; a returning one is taken back. */
export async function saveAgent(
  tx: Transaction,
  agent: Pick<AgentRow, 'id' | 'org' | 'principal' | 'host' | 'pod' | 'task'>,
): Promise<void> {
  await tx.run(
    `INSERT INTO agents (id, org, kind, principal, state, host, pod, task, registered_at, last_seen_at)
     VALUES (:id, :org, :kind, :principal, :state, :host, :pod, :task, :now, :now)
     ON CONFLICT (id) DO UPDATE SET state = :state, task = :task, last_seen_at = :now, retired_at = NULL`,
    {
      ...agent,
      kind: agent.pod === null ? 'long-lived' : 'pod',
      state: agent.task === null ? 'idle' : 'working',
      now: tx.now,
    },
  )
}

/** Records that an agent was heard of. */
export async function touchAgent(tx: Transaction, id: string): Promise<void> {
  await tx.run('UPDATE agents SET last_seen_at = :now WHERE id = :id', { id, now: tx.now })
}

/** Takes an agent off a task: the one of a pod is done with, any other is idle. */
export async function freeAgent(tx: Transaction, id: string, task: string): Promise<void> {
  await tx.run(
    `UPDATE agents SET task = NULL, state = CASE kind WHEN 'pod' THEN 'retired' ELSE 'idle' END,
       retired_at = CASE kind WHEN 'pod' THEN :now ELSE NULL END
     WHERE id = :id AND task = :task`,
    { id, task, now: tx.now },
  )
}

/** When the agent that was silent for longest, of those that hold no lease, was last heard of. */
export const longestSilentSince = async (reader: Reader): Promise<number | undefined> =>
  (
    await reader.get<{ at: number | null }>(
      'SELECT min(last_seen_at) AS at FROM agents WHERE retired_at IS NULL AND task IS NULL',
    )
  )?.at ?? undefined

/** Retires the agents without a lease that were last heard of before an instant; returns how many. */
export const retireSilentAgents = (tx: Transaction, beforeAt: number): Promise<number> =>
  tx.run(
    `UPDATE agents SET state = 'retired', retired_at = :now
     WHERE retired_at IS NULL AND task IS NULL AND last_seen_at < :beforeAt`,
    { now: tx.now, beforeAt },
  )

/** Retires the agent of a pod that ended; returns how many that were. */
export const retirePodAgent = (tx: Transaction, pod: string): Promise<number> =>
  tx.run(
    `UPDATE agents SET state = 'retired', retired_at = :now
     WHERE retired_at IS NULL AND task IS NULL AND pod = :pod`,
    { now: tx.now, pod },
  )
