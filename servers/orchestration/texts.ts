import type { Agent } from '../../schemas/agent.ts'
import type { Approval, ApprovalGrant } from '../../schemas/approval.ts'
import type { Artifact } from '../../schemas/artifact.ts'
import type { Event } from '../../schemas/event.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { Runner, RunnerConfig } from '../../schemas/runner.ts'
import type { Attempt, Task } from '../../schemas/task.ts'
import type { Template } from '../../schemas/template.ts'
import type { Page } from '../kit/page.ts'
import { metricsText, reportsText } from './report-texts.ts'
import { cutText, instantText, lineText, tableText } from '../kit/table.ts'

// What a model reads of tasks and what belongs to them.

const shownInList = 60
const failureChars = 2000

/** What a task waits for, in a list. */
const waitsChars = 160
/** A failure that one of these has is of an attempt before. */
const liveStates: Task['state'][] = ['queued', 'leased', 'running']

export const tasksText = (page: Page<Task>): string =>
  tableText(page, {
    id: ({ id }) => id,
    state: ({ state }) => state,
    title: ({ title }) => title,
    template: ({ template }) => template,
    repo: ({ repo }) => repo,
    org: ({ org }) => org,
    updated: ({ updatedAt }) => instantText(updatedAt),
    waits: ({ state, pendingReason }) =>
      state === 'queued' && pendingReason ? cutText(pendingReason, waitsChars) : undefined,
    outcome: ({ state, result, failure }) =>
      liveStates.includes(state)
        ? undefined
        : (failure?.message ?? result?.change ?? result?.summary),
    metrics: ({ result }) => metricsText(result?.metrics),
  })

/** A task in full; of its attempts only how they went. */
export function taskText({
  task,
  attempts,
  children,
}: {
  task: Task
  attempts: Attempt[]
  children: Pick<Task, 'id' | 'state' | 'title'>[]
}): string {
  const { failure, result, ...rest } = task
  const { reports, ...plain } = result ?? {}
  return [
    originText(task),
    cutText(JSON.stringify(result ? { ...rest, result: plain } : rest), 8000),
    ...reportsText(reports),
    ...(failure ? [`failure: ${failure.code}: ${cutText(failure.message, failureChars)}`] : []),
    'attempts:',
    tableText(
      { items: attempts },
      {
        number: ({ number }) => number,
        state: ({ state }) => state,
        agent: ({ agent }) => agent,
        started: ({ startedAt }) => instantText(startedAt),
        ended: ({ endedAt }) => instantText(endedAt),
        failure: ({ failure: why }) => why && `${why.code}: ${why.message}`,
      },
    ),
    ...(children.length === 0
      ? []
      : [
          'tasks that its agent submitted:',
          tableText(
            { items: children },
            { id: ({ id }) => id, state: ({ state }) => state, title: ({ title }) => title },
          ),
        ]),
  ].join('\n')
}

/** Who or what asked for a task, and why. */
function originText({ provenance: { via, id, reason }, submittedBy, plan, step }: Task): string {
  const where = plan === undefined ? '' : `, the step ${step} of ${plan}`
  const what = via === 'call' ? '' : ` by way of the ${via}${id === undefined ? '' : ` ${id}`}`
  const why = reason === undefined ? '' : `: ${lineText(reason, 300)}`
  return `asked for by ${submittedBy}${what}${where}${why}`
}
/** Each template with the names of its parameters; template_read has their schema. */
export const templatesText = ({ items }: { items: Template[] }): string =>
  tableText(
    { items },
    {
      name: ({ name }) => name,
      description: ({ description }) => description,
      params: ({ params }) => Object.keys(params.properties ?? {}).join(' '),
      repo: ({ repo, commit }) => repo && `${repo} at ${commit?.slice(0, 10)}`,
    },
    shownInList,
  )

/** Output as it was written; what is not from the process's own stream is marked. */
export function logText(log: { items: LogChunk[]; next: number; more: boolean }): string {
  if (log.items.length === 0)
    return `Nothing is logged${log.next > 0 ? ` after ${log.next}` : ''} (yet).\n[next: ${log.next}]`
  let last = ''
  const parts = log.items.map(({ attempt, stream, encoding, data }) => {
    const mark = `${stream} of attempt ${attempt}`
    const lead = mark === last ? '' : `[${mark}]\n`
    last = mark
    return `${lead}${encoding === 'base64' ? `[base64] ${data}\n` : data}`
  })
  return `${parts.join('')}\n[next: ${log.next}${log.more ? ', there is more' : ''}]`
}

export const artifactsText = (page: Page<Artifact>): string =>
  tableText(
    page,
    {
      id: ({ id }) => id,
      name: ({ name }) => name,
      task: ({ task }) => task,
      attempt: ({ attempt }) => attempt,
      type: ({ mediaType }) => mediaType,
      bytes: ({ sizeBytes }) => sizeBytes,
    },
    shownInList,
  )

export const artifactText = (read: {
  artifact: Artifact
  encoding: string
  data: string
  truncated: boolean
}): string => {
  const { name, mediaType, sizeBytes } = read.artifact
  const cut = read.truncated ? ', cut' : ''
  return `[${name}, ${mediaType}, ${sizeBytes} bytes, ${read.encoding}${cut}]\n${read.data}`
}

const detailChars = 12_000

/** One question in full; of several a line each. */
export function approvalsText(page: Page<Approval>): string {
  const [only] = page.items
  if (only !== undefined && page.items.length === 1) return approvalText(only)
  return tableText(
    page,
    {
      id: ({ id }) => id,
      task: ({ task }) => task,
      state: ({ state, outcome }) =>
        outcome === undefined || outcome === 'ok' ? state : `${state}, ${outcome}`,
      question: ({ question }) => question,
      details: ({ details }) => (Object.keys(details).length === 0 ? '' : JSON.stringify(details)),
      by: ({ askedBy }) => askedBy,
      asked: ({ askedAt }) => instantText(askedAt),
      answer: ({ reason }) => reason,
    },
    shownInList,
  )
}

function approvalText({ details, ...rest }: Approval): string {
  const { diff, ...others } = details
  return [
    JSON.stringify(rest),
    ...(Object.keys(others).length === 0 ? [] : [cutText(JSON.stringify(others), detailChars)]),
    ...(typeof diff === 'string' ? ['what it would change:', cutText(diff, detailChars / 4)] : []),
  ].join('\n')
}

export const grantsText = (page: Page<ApprovalGrant>): string =>
  tableText(page, {
    id: ({ id }) => id,
    tool: ({ tool }) => tool,
    callers: ({ kind, principal, task }) => task ?? principal ?? `every ${kind}`,
    org: ({ org }) => org,
    by: ({ givenBy }) => givenBy,
    given: ({ givenAt }) => instantText(givenAt),
    ends: ({ expiresAt }) => instantText(expiresAt),
  })

export const runnersText = ({ items }: { items: Runner[] }): string =>
  tableText(
    { items },
    {
      name: ({ name }) => name,
      kind: ({ kind }) => kind,
      command: ({ command }) => lineText((command ?? []).join(' '), 100),
      models: ({ usesHubModels }) => (usesHubModels ? 'of the hub' : 'its own'),
      orgs: ({ orgs }) => orgs?.join(', '),
    },
  )

/** Without what its environment holds, which may be long and is of use to the program alone. */
export const runnerText = ({ command, args, env, ...rest }: RunnerConfig): string =>
  [
    `command: ${lineText([command, ...args].join(' '), 500)}`,
    `variables: ${lineText(Object.keys(env).join(', '), 500)}`,
    lineText(JSON.stringify(rest), 4000),
  ].join('\n')

export const agentsText = (page: Page<Agent>): string =>
  tableText(page, {
    id: ({ id }) => id,
    state: ({ state }) => state,
    kind: ({ kind }) => kind,
    tags: ({ tags }) => tags.join(' '),
    runners: ({ runners }) => runners.join(' '),
    task: ({ task }) => task,
    pod: ({ pod }) => pod,
    host: ({ host }) => host,
    seen: ({ lastSeenAt }) => instantText(lastSeenAt),
  })

export const eventsText = (page: { items: Event[]; next: number }): string =>
  tableText(page, {
    seq: ({ seq }) => seq,
    at: ({ at }) => instantText(at),
    kind: ({ kind }) => kind,
    subject: ({ subject }) => subject,
    task: ({ task, subject }) => (task === subject ? '' : task),
    data: ({ data }) => lineText(JSON.stringify(data), 100),
  })
