import type { Agent } from '../../../schemas/agent.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Offer } from '../../kit/needs.ts'
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
  tags: string
  runners: string
  isolation: Agent['isolation']
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
  ...offerOf(row),
  registeredAt: row.registered_at,
  lastSeenAt: row.last_seen_at,
  ...(row.retired_at === null ? {} : { retiredAt: row.retired_at }),
})

/** What an agent said that it offers. */
const offerOf = ({ tags, runners, isolation }: AgentRow): Offer => ({
  tags: JSON.parse(tags) as string[], // Both by saveAgent.
  runners: JSON.parse(runners) as string[],
  isolation,
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

/** Long-lived agents of an org that were heard of lately, the one heard of last first. */
export const listPresentAgents = async (
  reader: Reader,
  { org, sinceAt, limit }: { org: string; sinceAt: number; limit: number },
): Promise<Agent[]> =>
  (
    await reader.all<AgentRow>(
      `SELECT * FROM agents
       WHERE org = :org AND retired_at IS NULL AND last_seen_at >= :sinceAt AND kind = 'long-lived'
       ORDER BY last_seen_at DESC LIMIT :limit`,
      { org, sinceAt, limit },
    )
  ).map(toAgent)

/** Records that an agent is here, and what it works on; a returning one is taken back. */
export async function saveAgent(
  tx: Transaction,
  agent: Pick<AgentRow, 'id' | 'org' | 'kind' | 'principal' | 'host' | 'pod' | 'task'> & Offer,
): Promise<void> {
  await tx.run(
    `INSERT INTO agents (id, org, kind, principal, state, host, pod, task, tags, runners, isolation,
       registered_at, last_seen_at)
     VALUES (:id, :org, :kind, :principal, :state, :host, :pod, :task, :tags, :runners, :isolation, :now, :now)
     ON CONFLICT (id) DO UPDATE SET state = :state, task = :task, tags = :tags, runners = :runners,
       isolation = :isolation, last_seen_at = :now, retired_at = NULL`,
    {
      ...agent,
      tags: JSON.stringify(agent.tags),
      runners: JSON.stringify(agent.runners),
      state: agent.task === null ? 'idle' : 'working',
      now: tx.now,
    },
  )
}

/** Records that an agent was heard of. */
export async function touchAgent(tx: Transaction, id: string): Promise<void> {
  await tx.run('UPDATE agents SET last_seen_at = :now WHERE id = :id', { id, now: tx.now })
}

/** Takes an agent off a task: a long-lived one is idle, any other is done with. */
export async function freeAgent(tx: Transaction, id: string, task: string): Promise<void> {
  await tx.run(
    `UPDATE agents SET task = NULL, state = CASE kind WHEN 'long-lived' THEN 'idle' ELSE 'retired' END,
       retired_at = CASE kind WHEN 'long-lived' THEN NULL ELSE :now END
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
