import { z } from 'zod'
import type { Agent } from '../../schemas/agent.ts'
import { spillsToPeers } from '../../schemas/org-config.ts'
import { PlacementCandidate as Candidate } from '../../schemas/cluster.ts'
import type { PlacementCandidate } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import { AskedResources, Isolation, Requirements } from '../../schemas/task.ts'
import type { Placeable } from '../kit/carriers.ts'
import type { ClusterDriver } from '../kit/cluster-driver.ts'
import { startSubject } from '../kit/clusters.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import type { Needs } from '../kit/needs.ts'
import { agentLacks } from '../kit/needs.ts'
import { defineTool } from '../kit/tool.ts'
import { bestFirst, rateOffers, readOffers, unfitCluster } from './placement.ts'
import { occupiedWithout, requestOf, withoutPods } from './request.ts'
import { readOccupied } from './store/occupied.ts'
import { readPods } from './store/pods.ts'
import { candidatesText } from './texts.ts'

export const placementExplain = defineTool({
  name: 'placement_explain',
  title: 'Explain a placement',
  description:
    'Explains why a task is waiting and does not start: rates every node, long-lived agent and peer for it, or for a given shape, best first, and says why each could take it or not, as the dispatcher decides. It starts nothing; use task_submit to have work placed.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    task: z.string().max(60).optional().describe('A task; then nothing else is given'),
    resources: AskedResources.prefault({}).describe('What the pod needs'),
    isolation: Isolation.optional().describe('Least isolation to accept'),
    tags: z.array(z.string().max(64)).max(20).default([]).describe('Tags that must be offered'),
    requirements: Requirements.pick({ runner: true, agent: true, cluster: true, hub: true })
      .optional()
      .describe('Runner it needs, and whom it names'),
    org: Org.optional().describe('Org whose quota counts; default: your own'),
    without: z.array(z.string().max(60)).max(50).default([]).describe('As if these pods had ended'),
  },
  output: z.object({
    note: z.string().optional().describe('What keeps the task, if that is no lack of a place'),
    candidates: z.array(Candidate),
  }),
  text: candidatesText,
  run: async ({ task, resources, isolation, tags, requirements, org, without }, ctx) => {
    const asked: Placeable =
      task === undefined
        ? { org: orgFor(ctx, org), resources, needs: { ...requirements, isolation, tags } }
        : await findPlaceable(ctx, task)
    const here = [...(await rateClusters(ctx, asked, without)), ...(await rateAgents(ctx, asked))]
    const candidates = bestFirst([...here, ...(await ratePeers(ctx, asked, here))])
    return { candidates, ...(asked.note === undefined ? {} : { note: asked.note }) }
  },
})

export async function findPlaceable(ctx: Context, task: string): Promise<Placeable> {
  const found = await ctx.carriers.task(task)
  if (found && ctx.may('row.see', { org: found.org, task })) return found
  throw new HubError('not_found', `there is no task ${JSON.stringify(task)}`, {
    hint: 'task_list shows the tasks you may see.',
  })
}

/** Sorted, so that what is left out is never better than what is shown. */
const maxCandidates = 200

async function rateClusters(
  ctx: Context,
  asked: Placeable,
  without: string[],
): Promise<PlacementCandidate[]> {
  const { needs } = asked
  const { drivers, refused } = await agentClusters(ctx, asked)
  const named = needs.cluster
  if (named !== undefined && !ctx.clusters.list().some(({ id }) => id === named)) {
    const reason = `no cluster ${named} is registered`
    refused.push({ ...unfitCluster(named, reason, true), away: reason })
  }
  const offers = await readOffers(drivers)
  const silent = offers.silent.map((one) =>
    one.cluster === named ? { ...one, away: one.reasons.join('; ') } : one,
  )
  const request = await requestOf(ctx, asked)
  const occupied = await readOccupied(ctx.reader, asked.org, request.countsUse)
  const gone = await readPods(ctx.reader, without)
  const rated = rateOffers(
    { nodes: withoutPods(offers.nodes, gone), silent },
    occupiedWithout(occupied, asked.org, gone),
    request,
    maxCandidates,
  )
  return [...rated.slice(0, maxCandidates), ...refused]
}

/** The clusters whose nodes could take the agent of a task, and those that may not, with the reason. */
export async function agentClusters(
  ctx: Context,
  asked: Placeable,
): Promise<{ drivers: ClusterDriver[]; refused: PlacementCandidate[] }> {
  const refused: PlacementCandidate[] = []
  const drivers: ClusterDriver[] = []
  for (const driver of ctx.clusters.list()) {
    const refusal = driver.runsAgents
      ? await startRefusal(ctx, driver, asked)
      : unfitCluster(driver.id, 'it runs commands alone: it was added without `agent_image`', false)
    if (refusal) refused.push(refusal)
    else drivers.push(driver)
  }
  return { drivers, refused }
}

/** Why no pod may be started on a cluster for this, where that is so. */
async function startRefusal(
  ctx: Context,
  driver: ClusterDriver,
  { org, submitter }: Placeable,
): Promise<PlacementCandidate | undefined> {
  try {
    ctx.ensure('pod.start', {
      ...(await startSubject(ctx, driver, { org, submitter })),
      isExplained: true,
    })
    return undefined
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const reason = [error.message, error.hint].filter(Boolean).join('. ')
    return unfitCluster(driver.id, reason, error.code !== 'denied')
  }
}

async function rateAgents(ctx: Context, { org, needs }: Placeable): Promise<PlacementCandidate[]> {
  const agents = await ctx.carriers.agents(org)
  const rated = agents.map((agent) => rateAgent(agent, needs))
  const named = needs.agent
  if (named === undefined || agents.some(({ id }) => id === named)) return rated
  const known = await ctx.carriers.agent(named)
  const away =
    known?.org === org
      ? `the agent ${named} was last heard of at ${new Date(known.lastSeenAt).toISOString()}`
      : `no agent ${named} has worked for ${org} yet`
  return [...rated, { ...unfitAgent(named, [away], true), away }]
}

/** A long-lived agent that could claim it. An idle one is there already, so it comes before a new pod. */
function rateAgent(agent: Agent, needs: Needs): PlacementCandidate {
  const missing = agentLacks(needs, agent)
  if (missing.length > 0) return unfitAgent(agent.id, missing, false)
  if (agent.state !== 'idle') return unfitAgent(agent.id, ['it works on another task'], true)
  const reasons = ['it is idle and claims by itself']
  return { kind: 'agent', name: agent.id, fits: true, passes: true, score: 1, reasons }
}

const unfitAgent = (name: string, reasons: string[], passes: boolean): PlacementCandidate => ({
  kind: 'agent',
  name,
  fits: false,
  passes,
  score: 0,
  reasons,
})

const staysHere =
  'work stays here unless a task names a peer (`requirements.hub`) or `spillToPeers` is set'

/**
 * Peers are asked where the task names one, or nothing here has room: work stays where it was asked for,
 * and starting it waits for no network.
 */
async function ratePeers(
  ctx: Context,
  asked: Placeable,
  here: PlacementCandidate[],
): Promise<PlacementCandidate[]> {
  const named = asked.needs.hub
  if (named === undefined && here.some(({ fits }) => fits)) return []
  const names = await ctx.carriers.peerNames()
  if (named === undefined && !spillsToPeers(ctx.config.file, asked.org))
    return names
      .filter((name) => peerRefusal(ctx, name, asked) === undefined)
      .map((name) => unfitPeer(name, staysHere, false))
  if (named !== undefined && !names.includes(named)) {
    const away = `no peer ${named} is known, or none that is called from here`
    return [{ ...unfitPeer(named, away, true), away }]
  }
  const rated = (named === undefined ? names : [named]).map(async (peer) => {
    const refusal = peerRefusal(ctx, peer, asked)
    if (refusal === undefined) return ctx.carriers.peer(peer, asked)
    // Whoever may not use peers learns nothing of them but of the one that he named.
    return named === undefined ? undefined : unfitPeer(peer, refusal, false)
  })
  return (await Promise.all(rated)).filter((one) => one !== undefined)
}

/** Why a peer may not be asked to carry this out, where that is so. */
function peerRefusal(
  ctx: Context,
  peer: string,
  { org, submitter }: Placeable,
): string | undefined {
  const granted = ctx.config.file.orgs[org]?.upstreams.includes(peer) ?? false
  try {
    ctx.ensure('peer.use', { peer, granted, submitter })
    return undefined
  } catch (error) {
    if (error instanceof HubError && error.code === 'denied') return error.message
    throw error
  }
}

const unfitPeer = (name: string, reason: string, passes: boolean): PlacementCandidate => ({
  kind: 'peer',
  name,
  fits: false,
  passes,
  score: 0,
  reasons: [reason],
})
