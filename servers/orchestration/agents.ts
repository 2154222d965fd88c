import { z } from 'zod'
import { Agent, AgentState } from '../../schemas/agent.ts'
import { HubError } from '../../schemas/errors.ts'
import { page, pageInput } from '../../schemas/page.ts'
import type { Principal } from '../../schemas/principal.ts'
import { Org, isReservedName } from '../../schemas/principal.ts'
import type { Context } from '../kit/context.ts'
import { maySee, orgFilter } from '../kit/context.ts'
import type { Offer } from '../kit/needs.ts'
import type { Reader, Transaction } from '../kit/sql.ts'
import { isCredentialName } from '../kit/store/tokens.ts'
import { defineTool } from '../kit/tool.ts'
import type { AgentRow } from './store/agents.ts'
import {
  listAgents,
  readAgent,
  retirePodAgent,
  retireSilentAgents,
  saveAgent,
  toAgent,
} from './store/agents.ts'
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
  run: ({ state, org, cursor, limit }, ctx) =>
    listAgents(ctx.reader, { state, orgs: orgFilter(ctx, org), cursor, limit }),
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
    const row = await readAgent(ctx.reader, agent)
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
    ctx.transaction(async (tx) => ({
      retired: await (pod === undefined
        ? retireSilentAgents(tx, tx.now - silentMs)
        : retirePodAgent(tx, pod)),
    })),
})

/** Records that an agent is here, and what it works on, unless its name is another credential's. */
export async function registerAgent(
  ctx: Context,
  tx: Transaction,
  agent: { id: string; org: string; host: string | undefined; offer: Offer; task?: string },
): Promise<void> {
  const { id, org, host = null, task, offer } = agent
  const { id: principal, kind } = ctx.principal
  const known = await ensureMayWorkAs(ctx, tx, id)
  const pod = kind === 'agent' ? id.replace(/^agent-/, '') : null
  const own = { id, org, principal, host, pod, task: task ?? null }
  await saveAgent(tx, { ...own, ...offer, kind: kindOf[kind] })
  if (!known) await tx.event({ kind: 'agent.registered', org, subject: id, task })
}

/** Refuses a name that is somebody else's; returns the agent that is known by it. */
export async function ensureMayWorkAs(
  ctx: Context,
  reader: Reader,
  agent: string,
): Promise<AgentRow | undefined> {
  const known = await readAgent(reader, agent)
  // The credential of an attempt says what its agent is called. No credential is made for the name of an agent.
  const isTaken =
    ctx.principal.kind === 'user' &&
    (isReservedName(agent) ||
      (known === undefined && (await isCredentialName(reader, agent, ctx.now()))))
  ctx.ensure('agent.work', { agent, owner: known?.principal, isTaken })
  return known
}

// What claims as a service is the controller that has a peer do the work.
const kindOf: Record<Principal['kind'], Agent['kind']> = {
  agent: 'pod',
  service: 'peer',
  user: 'long-lived',
  hub: 'long-lived',
}
