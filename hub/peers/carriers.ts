import { z } from 'zod'
import type { PlacementCandidate } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { Resources } from '../../schemas/task.ts'
import type { Requirements } from '../../schemas/task.ts'
import type { Carriers, Placeable } from '../../servers/kit/carriers.ts'
import { needsOf } from '../../servers/kit/needs.ts'
import type { Store } from '../../servers/kit/store.ts'
import { readSubmitter } from '../../servers/kit/store/submitters.ts'
import { listPresentAgents, readAgent, toAgent } from '../../servers/orchestration/store/agents.ts'
import type { TaskRow } from '../../servers/orchestration/store/task-row.ts'
import { readTask } from '../../servers/orchestration/store/tasks.ts'
import { AccessRefused } from '../upstreams/refused.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import { askPeer } from './peer-calls.ts'
import { readPeers } from './store/peers.ts'

/** Parts of a hub that is still being put together; each is looked at when it is needed. */
type Parts = {
  store: Store
  now(): number
  upstreams: { link(name: string): UpstreamLink | undefined }
}

/** Agents call at least every 50 seconds while they wait; who was silent for longer is gone. */
const presentMs = 90_000
const maxAgents = 50
const freshMs = 3000
const patienceMs = 3000
const maxKept = 200

/** Who could carry out tasks besides pods, as the placement of tasks asks for them. */
export function makeCarriers(parts: Parts): Carriers {
  const now = () => parts.now()
  const reader = () => parts.store.reader
  const kept = new Map<string, { at: number; answer: Promise<PlacementCandidate> }>()
  return {
    task: (id) => placeableTask(reader(), id),
    agents: (org) =>
      listPresentAgents(reader(), { org, sinceAt: now() - presentMs, limit: maxAgents }),
    async agent(id) {
      const row = await readAgent(reader(), id)
      return row && toAgent(row)
    },
    async peerNames() {
      return (await readPeers(reader())).flatMap(({ name, url }) => (url === null ? [] : [name]))
    },
    peer(name, asked) {
      const key = JSON.stringify([
        name,
        asked.org,
        asked.resources,
        asked.needs,
        asked.repo,
        asked.hubRepo,
      ])
      const earlier = kept.get(key)
      if (earlier && earlier.at > now() - freshMs) return earlier.answer
      const answer = ratePeer(name, parts.upstreams.link(name), asked)
      kept.delete(key)
      if (kept.size >= maxKept) kept.delete(kept.keys().next().value ?? '')
      kept.set(key, { at: now(), answer })
      return answer
    },
  }
}

async function placeableTask(reader: Store['reader'], id: string): Promise<Placeable | undefined> {
  const row = await readTask(reader, id)
  if (!row) return undefined
  const { hubRepo } = JSON.parse(row.requirements) as Requirements // Written by task_submit.
  return {
    task: id,
    template: row.template,
    org: row.org,
    resources: Resources.parse(JSON.parse(row.resources)),
    needs: needsOf(row.lane),
    ...(row.repo === null ? {} : { repo: row.repo }),
    ...(hubRepo === undefined ? {} : { hubRepo }),
    note: noteOf(row),
    submitter: await readSubmitter(reader, id),
  }
}

function noteOf({ id, state, pending_reason: why }: TaskRow): string | undefined {
  if (state !== 'queued')
    return `${id} waits for no place: it is ${state}. What follows is where it would go if it were queued.`
  return why === null ? undefined : `${id} waits: ${why}`
}

const Answer = z.object({
  candidates: z.array(
    z.object({
      fits: z.boolean(),
      // Hubs of earlier versions say neither; what they lack is taken for a lack of room.
      passes: z.boolean().default(true),
      name: z.string().default(''),
      score: z.number(),
      reasons: z.array(z.string()),
    }),
  ),
})

/** What a peer offers: its own answer to the same question, without whom the task names here. */
async function ratePeer(
  name: string,
  link: UpstreamLink | undefined,
  asked: Placeable,
): Promise<PlacementCandidate> {
  const rated = { kind: 'peer', name, fits: false, passes: false, score: 0 } as const
  const isNamed = asked.needs.hub === name
  const refusal = peerRefusal(name, asked)
  if (refusal !== undefined) return { ...rated, reasons: [refusal] }
  const gone = (reason: string): PlacementCandidate => {
    const away = isNamed ? { away: reason } : {}
    return { ...rated, passes: true, reasons: [reason], ...away }
  }
  if (link?.state !== 'ready')
    return gone(`the hub ${name} cannot be reached${link?.reason ? `: ${link.reason}` : ''}`)
  if (!link.lists.tools.some((tool) => tool.name === 'task_submit')) {
    const reason = `the hub ${name} grants no task_submit: its owner invites this one as developer`
    return { ...rated, reasons: [reason] }
  }
  try {
    const answer = await askPeer(link, 'placement_explain', shapeOf(asked), {
      timeoutMs: patienceMs,
    })
    const { candidates } = Answer.parse(answer)
    const best = candidates.find(({ fits }) => fits)
    if (best)
      return { ...rated, fits: true, passes: true, score: best.score, reasons: best.reasons }
    const nowhere = `the hub ${name} has nowhere to run it`
    const reasons = candidates.map((one) => `${one.name}: ${one.reasons.join('; ')}`)
    return {
      ...rated,
      passes: candidates.some(({ passes }) => passes),
      reasons: reasons.length > 0 ? reasons.slice(0, 10) : [nowhere],
    }
  } catch (error) {
    // It does not let this hub work for that org, say.
    if (error instanceof HubError && error.code === 'denied' && !(error instanceof AccessRefused))
      return { ...rated, reasons: [error.message] }
    return gone(
      `it does not say what it has: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Why a peer is not even asked. */
function peerRefusal(name: string, { needs, repo, hubRepo }: Placeable): string | undefined {
  const isNamed = needs.hub === name
  if (needs.agent !== undefined) return `the task is for the agent ${needs.agent}`
  if (needs.cluster !== undefined && !isNamed) return `the task is for the cluster ${needs.cluster}`
  if (repo === undefined || (hubRepo !== undefined && isNamed)) return undefined
  return `the repository ${repo} is on this machine; submit the task with requirements {"hub": "${name}", "hubRepo": the path of its clone there}`
}

/** The task as a shape that the peer rates; whom it names here says nothing there, but for a cluster. */
function shapeOf({ org, resources, needs }: Placeable): Record<string, unknown> {
  const { tags = [], isolation, runner, cluster } = needs
  const requirements = {
    ...(runner === undefined ? {} : { runner }),
    ...(cluster === undefined ? {} : { cluster }),
  }
  return {
    org,
    resources,
    tags,
    ...(isolation === undefined ? {} : { isolation }),
    ...(Object.keys(requirements).length === 0 ? {} : { requirements }),
  }
}
