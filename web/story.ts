import type { Event } from '../schemas/event.ts'
import type { Attempt, Task } from '../schemas/task.ts'
import { duration } from './format.ts'

/** One thing that happened to a task, as people tell it. */
export type Moment = {
  at: number
  /** State whose mark stands beside it. */
  state: string
  text: string
  more?: string | undefined
  /** The detail of the task that shows it in full. */
  show?: 'log' | 'change' | 'files' | 'results'
}

export type Spent = { calls: number; inputTokens: number; outputTokens: number; costUsd: number }

/** What happened to a task, in the order that it did, told in few lines. */
export function storyOf(told: {
  task: Task
  attempts: Attempt[]
  events: Event[]
  spent: Spent | undefined
}): Moment[] {
  const { task, attempts, events, spent } = told
  const progress = events.findLast(({ kind }) => kind === 'task.progress')
  const moments = events.flatMap((event): Moment[] => {
    if (event.kind === 'task.progress') return event === progress ? [steps(event)] : []
    const known = tellers[event.kind]?.(event.data, { task, attempts })
    return known ? [{ at: event.at, ...known }] : []
  })
  const all = [submitted(task), ...merged(moments), ...checks(task)]
  return [...all.toSorted((a, b) => a.at - b.at), ...cost(task, spent)]
}

type Teller = (
  data: Record<string, unknown>,
  known: { task: Task; attempts: Attempt[] },
) => Omit<Moment, 'at'> | undefined

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const firstLine = (value: string | undefined) => value?.split('\n')[0]

const tellers: Record<string, Teller> = {
  'task.blocked': () => ({ state: 'blocked', text: 'Waits for what it depends on' }),
  'task.queued': ({ reason, attempts: started }, { attempts }) => {
    if (started === 0) return undefined
    const last = attempts.findLast(({ number }) => number === started)
    const why = text(reason) || firstLine(last?.failure?.message)
    return { state: 'queued', text: 'Goes back to the queue', more: why }
  },
  'task.held': ({ reason }) => ({ state: 'held', text: 'Held back', more: text(reason) }),
  'task.leased': ({ agent, number }) => ({
    state: 'running',
    text: number === 1 ? 'An agent took it' : `Attempt ${String(number)} began`,
    more: text(agent),
    show: 'log',
  }),
  'task.message': () => ({ state: 'idle', text: 'A message was left for the agent' }),
  'task.in_review': () => ({ state: 'in_review', text: 'Ready for review', show: 'change' }),
  'task.succeeded': (_data, { task }) => ({
    state: 'succeeded',
    text: 'Done',
    more: task.result?.change ? undefined : firstLine(task.result?.summary),
    show: 'results',
  }),
  'task.failed': (_data, { task }) => ({
    state: 'failed',
    text: 'Failed',
    more: firstLine(task.failure?.message),
    show: 'log',
  }),
  'task.canceled': ({ reason }) => ({ state: 'canceled', text: 'Canceled', more: text(reason) }),
  'approval.asked': ({ question }) => ({ state: 'waiting', text: 'Asked', more: text(question) }),
  'approval.decided': ({ decision, by }) => ({
    state: decision === 'approve' ? 'approved' : 'denied',
    text: `${text(by)} ${decision === 'approve' ? 'approved' : 'denied'}`,
  }),
  'approval.made': ({ outcome }) => ({
    state: outcome === 'ok' ? 'approved' : 'failed',
    text: outcome === 'ok' ? 'The approved call was made' : 'The approved call failed',
  }),
  'approval.expired': () => ({ state: 'expired', text: 'Nobody answered in time' }),
  'change.opened': () => ({ state: 'in_review', text: 'Proposed a change', show: 'change' }),
  'change.revised': ({ revision }) => ({
    state: 'in_review',
    text: `Proposed revision ${String(revision)}`,
    show: 'change',
  }),
  'change.commented': () => ({ state: 'idle', text: 'A comment was made', show: 'change' }),
  'change.reviewed': ({ verdict }) => ({
    state: verdict === 'accept' ? 'approved' : 'waiting',
    text: verdict === 'accept' ? 'A reviewer accepted it' : 'A reviewer asked for changes',
    show: 'change',
  }),
  'change.conflicted': () => ({
    state: 'failed',
    text: 'Conflicts with its target',
    show: 'change',
  }),
  'change.merged': ({ target }) => ({
    state: 'merged',
    text: `Merged into ${text(target)}`,
    show: 'change',
  }),
  'change.closed': ({ reason }) => ({
    state: 'closed',
    text: 'The change was closed',
    more: text(reason),
  }),
  'artifact.created': ({ name }) => ({
    state: 'idle',
    text: 'Kept a file',
    more: text(name),
    show: 'files',
  }),
}

const vias: Record<Task['provenance']['via'], string> = {
  call: '',
  task: ' for another task',
  plan: ' as a step of a plan',
  trigger: ' by a trigger',
  chat: ' from a chat',
  review: ' by a review',
  peer: ' for another hub',
}

const submitted = ({ submittedAt, submittedBy, provenance, retryOf }: Task): Moment => ({
  at: submittedAt,
  state: 'idle',
  text: `Submitted by ${submittedBy}${vias[provenance.via]}${retryOf ? ', once more' : ''}`,
  more: provenance.reason,
})

/** The agent's own list of steps, as it said it last. */
function steps({ at, data }: Event): Moment {
  const all = Array.isArray(data.steps) ? (data.steps as { text: string; state: string }[]) : [] // Checked by its tool.
  const done = all.filter(({ state }) => state === 'completed').length
  const now = all.find(({ state }) => state === 'in_progress')
  return {
    at,
    state: done === all.length ? 'completed' : 'in_progress',
    text: `${done} of ${all.length} steps done`,
    more: now && `Now: ${now.text}`,
    show: 'log',
  }
}

/** The same thing several times in a row is one line. */
function merged(moments: Moment[]): Moment[] {
  const kept: (Moment & { times: number })[] = []
  for (const moment of moments) {
    const last = kept.at(-1)
    const isSame = last?.show === moment.show && last?.state === 'idle' && moment.state === 'idle'
    if (!last || !isSame || last.show === undefined) {
      kept.push({ ...moment, times: 1 })
      continue
    }
    last.times++
    const names = [last.more, moment.more].filter(Boolean).join(', ')
    last.more = names === '' ? undefined : names.slice(0, 120)
    last.text =
      last.show === 'files' ? `Kept ${last.times} files` : `${last.times} comments were made`
  }
  return kept
}

/** What the checks of the last attempt said. */
function checks({ result, finishedAt, updatedAt }: Task): Moment[] {
  const all = result?.checks ?? []
  if (all.length === 0) return []
  const failed = all.filter(({ state }) => state === 'failed').length
  const tookMs = all.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const total = `${all.length} ${all.length === 1 ? 'check' : 'checks'}`
  return [
    {
      at: Math.min(updatedAt, finishedAt ?? updatedAt) - 1,
      state: failed > 0 ? 'failed' : 'passed',
      text: failed > 0 ? `${failed} of ${total} failed` : `${total} passed`,
      more: `in ${duration(tookMs)}`,
      show: 'results',
    },
  ]
}

function cost({ updatedAt }: Task, spent: Spent | undefined): Moment[] {
  if (!spent || spent.calls === 0) return []
  const tokens = spent.inputTokens + spent.outputTokens
  const money = spent.costUsd > 0 ? `, $${spent.costUsd.toFixed(spent.costUsd < 1 ? 3 : 2)}` : ''
  return [
    {
      at: updatedAt,
      state: 'idle',
      text: `Spent ${spent.calls} model calls`,
      more: `${tokens.toLocaleString('en')} tokens${money}`,
    },
  ]
}
