import { join } from 'node:path'
import type { Reports } from '../../schemas/report.ts'
import type { CheckResult } from '../../schemas/task.ts'
import { answersIn } from '../answers.ts'
import type { Outcome, Work } from '../attempt.ts'
import { markersLeft } from '../checks/conflict-markers.ts'
import { detectChecks } from '../checks/detect.ts'
import { runChecked } from '../checks/checked.ts'
import { readContext } from '../context.ts'
import { runSteps } from '../checks/run.ts'
import { Journal } from '../journal.ts'
import { runLoop } from '../loop.ts'
import { hubModel } from '../model.ts'
import { workspaceTools } from '../tools/workspace-tools.ts'
import { openWorkspace } from '../workspace/workspace.ts'
import { summaryLine } from './ci.ts'
import { codePrompt } from './code-prompt.ts'
import { askedFor, lastSeen, mergeTarget } from './discussion.ts'
import type { Discussion } from './discussion.ts'
import { propose, readDiscussion } from './proposal.ts'

type Found = { items: { cite: string; heading: string; text: string }[]; degraded: string[] }

/** Template `code`: a model works towards the goal, and what it made is opened as a change. */
export async function runCode(work: Work): Promise<Outcome> {
  const { lease, signal, folder } = work
  const { task } = lease
  const space = await openWorkspace(work)
  const discussion = await readDiscussion(work)
  const merged = await mergeTarget(work, space, discussion)
  const plan = await detectChecks(space.path)
  const goal = String(task.params.goal)
  const context = await readContext(work, goal, Number(task.params.contextTokens ?? 0))
  const { instructions, request } = codePrompt({
    goal,
    inputs: task.inputs,
    checks: plan.checks,
    discussion,
    merged,
    context,
  })
  const prepared = await runSteps(work, space.path, plan.setup)
  const broken = prepared.find((step) => step.state === 'failed')
  if (broken) {
    const message = `the project could not be set up: ${broken.command}: ${broken.failures.join('; ')}`
    return {
      outcome: 'failed',
      failure: { code: 'setup', message: message.slice(0, 8000) },
      retryable: true,
    }
  }

  let summary: string | undefined
  let checks: CheckResult[] = []
  let reports: Reports | undefined
  const answers = { model: task.model ?? 'default', scripted: false }
  const tools = workspaceTools({
    root: space.path,
    signal,
    log: (stream, bytes) => lease.log.write(stream, bytes),
    search: (query) =>
      lease.hub.call<Found>('context_search', { query, limit: 8, org: task.org }, { signal }),
    commit: (message) => space.commit(message),
    comments: (discussion ? askedFor(discussion) : []).map(({ number }) => number),
    reviewed: discussion?.change.head,
    check: async () => {
      const marked = await markersLeft(space.path, merged?.files ?? [])
      if (marked.length > 0)
        return { passed: false, report: `conflict markers are left in ${marked.join(', ')}` }
      ;({ checks, reports } = await runChecked(work, space.path, plan.checks, { keep: false }))
      const failed = checks.filter((check) => check.state === 'failed')
      return {
        passed: failed.length === 0,
        report: [summaryLine(checks), ...failed.flatMap((check) => check.failures)].join('\n'),
      }
    },
    finish: (text) => void (summary = text),
  })
  const model = hubModel(lease, task.model, ({ model: name, scripted, content }) => {
    Object.assign(answers, { model: name, scripted })
    const text = content
      .flatMap((part) => (part.type === 'text' ? part.text.trim() : []))
      .join('\n')
    return text === '' ? Promise.resolve() : lease.log.say(text)
  })
  const end = await runLoop({
    model,
    tools,
    instructions,
    request,
    journal: new Journal(join(folder, journalName(discussion))),
    measures: lease.measures,
    limits: { maxSteps: Number(task.params.maxSteps), maxTokens: Number(task.params.maxTokens) },
    signal,
    takeMessages: () => lease.takeMessages(),
    finished: () => summary,
    say: (text) => lease.log.say(text),
  })
  // An attempt that was interrupted between finishing and reporting has its checks still to show.
  if (checks.length === 0) ({ checks, reports } = await runChecked(work, space.path, plan.checks))
  return propose(work, space, {
    ...{ summary: end.summary, checks, reports, steps: end.steps, discussion, ...answers },
    answers: answersIn(end.messages),
  })
}

/** An attempt goes on with what one before it began, unless something new has been said since. */
function journalName(discussion: Discussion | undefined): string {
  if (!discussion) return 'journal.jsonl'
  const { revisions, conflict } = discussion.change
  return `journal-${revisions}-${lastSeen(discussion)}${conflict ? `-${conflict.target.slice(0, 10)}` : ''}.jsonl`
}
