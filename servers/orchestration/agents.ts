import { z } from 'zod'
import { Agent, AgentState } from '../../schemas/agent.ts'
import { HubError } from '../../schemas/errors.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { Org } from '../../schemas/principal.ts'
import type { Principal } from '../../schemas/principal.ts'
import { maySee, orgFilter } from '../kit/context.ts'
import { listNewest } from '../kit/listing.ts'
import { defineTool } from '../kit/tool.ts'
import type { Row, Tx } from '../kit/tx.ts'
import { agentsText } from './texts.ts'

export const agentList = defineTool({
  name: 'agent_list',
  title: 'List agents',
  description:
    'Lists workers with what they are doing, live ones by default. Use agent_read for one of them.',
  effect: 'read',
  scope: 'task:read',
  input: {
    state: AgentState.optional().describe('Only in this state; default: all but retired ones'),
    org: Org.optional().describe('Only this org'),
    ...pageInput,
  },
  output: page(Agent),
  text: agentsText,
  run: async ({ state, org, cursor, limit }, ctx) =>
    listNewest(ctx.store, {
      table: 'agents',
      filters: { state },
      orgs: orgFilter(ctx, org),
      also: state === undefined ? 'retired_at IS NULL' : undefined,
      cursor,
      limit,
      toItem: toAgent,
    }),
})

export const agentRead = defineTool({
  name: 'agent_read',
  title: 'Read an agent',
  description: 'Shows one worker: where it runs, when it was last heard of, and its task.',
  effect: 'read',
  scope: 'task:read',
  input: { agent: z.string().max(60).describe('Agent id') },
  output: Agent,
  run: async ({ agent }, ctx) => {
    const row = ctx.store.get<AgentRow>('SELECT * FROM agents WHERE id = :agent', { agent })
    if (row && maySee(ctx, row.org)) return toAgent(row)
    throw new HubError('not_found', `there is no agent ${JSON.stringify(agent)}`, {
      hint: 'agent_list shows them.',
    })
  },
})

export const agentRetire = defineTool({
  name: 'agent_retire',
  title: 'Retire silent agents',
  description:
    'Marks agents as retired that hold no lease and have not been heard of for a while, or the agent of a pod that ended. Called by controllers.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    silent_ms: z
      .int()
      .min(1000)
      .default(180_000)
      .describe('Silence after which an agent counts as gone'),
    pod: z.string().max(60).optional().describe('Pod whose agent to retire'),
  },
  output: z.object({ retired: z.int() }),
  run: ({ silent_ms: silentMs, pod }, ctx) =>
    ctx.write((tx) => ({
      retired: tx.run(
        `UPDATE agents SET state = 'retired', retired_at = :now WHERE retired_at IS NULL AND task IS NULL
           AND ${pod === undefined ? 'last_seen_at < :before' : 'pod = :pod'}`,
        { now: tx.now, ...(pod === undefined ? { before: tx.now - silentMs } : { pod }) },
      ),
    })),
})

/** Records that an agent is here, and what it works on; a returning one is taken back. */
export function registerAgent(
  tx: Tx,
  agent: { id: string; org: string; principal: Principal; host: string | undefined; task?: string },
): void {
  const pod = agent.principal.kind === 'agent' ? agent.id.replace(/^agent-/, '') : null
  const { id, org, host, task } = agent
  const known = tx.get<AgentRow>('SELECT * FROM agents WHERE id = :id', { id })
  assertSameOwner(known, agent.principal)
  tx.run(
    `INSERT INTO agents (id, org, kind, principal, state, host, pod, task, registered_at, last_seen_at)
     VALUES (:id, :org, :kind, :principal, :state, :host, :pod, :task, :now, :now)
     ON CONFLICT (id) DO UPDATE SET state = :state, task = :task, last_seen_at = :now, retired_at = NULL`,
    {
      id,
      org,
      kind: pod === null ? 'long-lived' : 'pod',
      principal: agent.principal.id,
      state: task === undefined ? 'idle' : 'working',
      host: host ?? null,
      pod,
      task: task ?? null,
      now: tx.now,
    },
  )
  if (known === undefined)
    tx.event({ kind: 'agent.registered', org, subject: id, ...(task ? { task } : {}) })
}

/** A name under which another credential works leads to that one's lease, so it is not shared. */
export function assertAgentName(tx: Tx, id: string, principal: Principal): void {
  assertSameOwner(tx.get<AgentRow>('SELECT * FROM agents WHERE id = :id', { id }), principal)
}

function assertSameOwner(known: AgentRow | undefined, principal: Principal): void {
  if (known === undefined || known.principal === principal.id) return
  throw new HubError('denied', `the agent name ${known.id} belongs to another credential`, {
    hint: 'Choose another name for this worker.',
  })
}

type AgentRow = Row & {
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

const toAgent = (row: AgentRow): Agent => ({
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
