import { z } from 'zod'
import { HubClient } from '../../agent/hub-client.ts'
import { HubError } from '../../schemas/errors.ts'
import { PeerName } from '../../schemas/peer.ts'
import type { Context } from '../../servers/kit/context.ts'
import { revokeToken } from '../../servers/kit/store/tokens.ts'
import { takeBack } from '../../servers/orchestration/peer-gone.ts'
import type { Seal } from '../auth/seal.ts'
import type { Called } from './store/peers.ts'
import { removePeer } from './store/peers.ts'
import type { RemoteTask } from './store/remote-tasks.ts'
import { takeRemoteTasks } from './store/remote-tasks.ts'

/** A peer is told for so long what to stop; its owner waits for the answer. */
const tellMs = 10_000
const maxToldAtOnce = 16
const maxTasks = 200

const Given = z.object({
  task: z.string().describe('The task here'),
  there: z.string().optional().describe('What it is there, where that is known'),
  became: z
    .enum(['canceled', 'ended', 'proposed', 'unknown'])
    .describe(
      'canceled there, had ended, is proposed there and stays, or unknown: it may still run there',
    ),
  reason: z.string().optional().describe('Why that is unknown'),
})
type Given = z.infer<typeof Given>

export const Left = z.object({
  name: PeerName,
  tasks: z.array(Given).describe('What the peer had been given, first what may still run there'),
  more: z.int().describe('How many more it had been given'),
  note: z.string().optional().describe('What is left to do on the other hub, if something is'),
})
type Left = z.infer<typeof Left>

/**
 * Ends a peering from this side. What the peer worked on is taken back in the same transaction, so that
 * others do it whatever becomes of the other hub; then that hub is told to stop, if it can be reached.
 */
export async function leave(
  ctx: Context,
  name: string,
  { seal, forget }: { seal: Seal; forget(): Promise<void> },
): Promise<Left> {
  const { called, rows } = await ctx.transaction(async (tx) => {
    const removed = await removePeer(tx, seal, name)
    if (!removed)
      throw new HubError('not_found', `there is no peer ${name}`, { hint: 'peer_list shows them.' })
    if (removed.tokenId !== null) await revokeToken(tx, removed.tokenId)
    const taken = await takeRemoteTasks(tx, name)
    for (const { id: agent, task, state } of taken)
      if (state !== 'canceling') await takeBack(tx, { task, peer: name, agent })
    tx.about(name)
    await tx.event({ kind: 'peer.removed', org: ctx.principal.orgs[0] ?? '*', subject: name })
    return { called: removed.called, rows: taken }
  })
  await forget()
  const given = rows.filter(({ attempt, remote_task: there }) => attempt > 0 || there !== null)
  const all = await tellAll(called, given)
  const open = all.filter(({ became }) => became === 'unknown')
  const tasks = [...open, ...all.filter(({ became }) => became !== 'unknown')].slice(0, maxTasks)
  return {
    name,
    tasks,
    more: all.length - tasks.length,
    ...(open.length === 0 ? {} : { note: noteOn(name, open) }),
  }
}

function noteOn(name: string, open: Given[]): string {
  const ids = open.slice(0, 10).map(({ task, there }) => there ?? `what was made for ${task}`)
  const rest = open.length > ids.length ? ` and ${open.length - ids.length} more` : ''
  return `may still run on ${name}, which was not told to stop: ${ids.join(', ')}${rest}. Its owner ends them with task_cancel.`
}

async function tellAll(called: Called | undefined, rows: RemoteTask[]): Promise<Given[]> {
  const client = called && new HubClient(called)
  const signal = AbortSignal.timeout(tellMs)
  const told: Given[] = []
  const left = [...rows]
  const tell = async () => {
    for (let row = left.shift(); row; row = left.shift())
      told.push(await tellOne(client, row, signal))
  }
  await Promise.all(Array.from({ length: maxToldAtOnce }, tell))
  return told
}

async function tellOne(
  client: HubClient | undefined,
  { task, peer, state, remote_task: there }: RemoteTask,
  signal: AbortSignal,
): Promise<Given> {
  if (there === null)
    return { task, became: 'unknown', reason: `${peer} had not said yet what it is there` }
  if (state === 'in_review') return { task, there, became: 'proposed' }
  if (!client) return { task, there, became: 'unknown', reason: `${peer} is not called from here` }
  try {
    const reason = 'the hub that gave it ended the peering'
    await client.call('task_cancel', { task: there, reason }, { signal })
    return { task, there, became: 'canceled' }
  } catch (error) {
    const isOver = error instanceof HubError && ['conflict', 'not_found'].includes(error.code)
    if (isOver) return { task, there, became: 'ended' }
    const why = signal.aborted ? `${peer} did not answer in time` : String(error)
    return {
      task,
      there,
      became: 'unknown',
      reason: error instanceof HubError ? error.message : why,
    }
  }
}
