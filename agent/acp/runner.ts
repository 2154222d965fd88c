import { join } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import type { RunnerConfig } from '../../schemas/runner.ts'
import { usesHubModels } from '../../schemas/runner.ts'
import type { CheckResult } from '../../schemas/task.ts'
import type { Outcome, Work } from '../attempt.ts'
import { detectChecks } from '../checks/detect.ts'
import { runSteps } from '../checks/run.ts'
import { readContext } from '../context.ts'
import { summaryLine } from '../runners/ci.ts'
import { codePrompt } from '../runners/code-prompt.ts'
import { mergeTarget } from '../runners/discussion.ts'
import { propose, readDiscussion } from '../runners/proposal.ts'
import { openWorkspace } from '../workspace/workspace.ts'
import { Conversation } from './conversation.ts'
import {
  againPrompt,
  failurePrompt,
  firstPrompt,
  limitPrompt,
  messagesPrompt,
  refusalsPrompt,
} from './prompt.ts'
import { readPast, turnJournal } from './turns.ts'

type Done = { summary: string; steps: number; checks: CheckResult[] }

/**
 * An external agent works towards the goal of a task, a turn at a time: after each the checks are run,
 * and what fails is the next request. What it made is opened as a change, as the built-in loop's is.
 */
export async function runExternal(work: Work, runner: string): Promise<Outcome> {
  const { lease, folder, signal } = work
  const config = await lease.hub.call<RunnerConfig>('runner_read', { runner }, { signal })
  const space = await openWorkspace(work)
  const plan = await detectChecks(space.path)
  const discussion = await readDiscussion(work)
  const merged = await mergeTarget(work, space, discussion)
  const goal = String(lease.task.params.goal)
  const prepared = await runSteps(work, space.path, plan.setup)
  const broken = prepared.find((step) => step.state === 'failed')
  if (broken)
    throw new HubError(
      'failed',
      `the project could not be set up: ${broken.command}: ${broken.failures.join('; ')}`,
    )
  const journal = turnJournal(join(folder, `turns-${discussion?.change.revisions ?? 0}.jsonl`))
  const past = await readPast(journal)
  const check = () => runSteps(work, space.path, plan.checks)
  const proposed = ({ summary, steps, checks }: Done) =>
    propose(work, space, {
      summary: summary || goal,
      checks,
      steps,
      model: runner,
      scripted: false,
      maker: `the agent ${runner}`,
      discussion,
    })
  // Interrupted between the end of the work and its report: only the rest is done again.
  if (past.finished) return proposed({ ...past.finished, checks: await check() })

  const context = await readContext(work, goal, Number(lease.task.params.contextTokens ?? 0))
  const { request } = codePrompt({
    goal,
    inputs: [],
    checks: plan.checks,
    discussion,
    merged,
    context,
  })
  const first = firstPrompt(lease.task, request, plan.checks)
  const usesHub = usesHubModels(config)
  const conversation = new Conversation(work, {
    runner,
    config,
    usesHub,
    root: space.path,
    journal,
  })
  try {
    const done = await converse(conversation, { work, past, first, check, rounds: config.rounds })
    await journal.add({ kind: 'finished', summary: done.summary, steps: done.steps })
    await conversation.close()
    return await proposed(done)
  } finally {
    await conversation.close()
  }
}

type Course = {
  work: Work
  past: Awaited<ReturnType<typeof readPast>>
  first: string
  check: () => Promise<CheckResult[]>
  rounds: number
}

/** Turns until the checks pass. Messages of people take no round, everything else does. */
async function converse(
  conversation: Conversation,
  { work, past, first, check, rounds }: Course,
): Promise<Done> {
  const { lease } = work
  lease.skipMessages(past.told)
  const isBegun = past.session !== undefined
  let isOver = isBegun && past.open === undefined
  let knows = await conversation.open(past.session)
  // One that remembers nothing has to be told the goal with what was asked last.
  const again = (asked: string | undefined) =>
    againPrompt(
      knows ? (asked ?? first) : asked === undefined ? first : `${first}\n\n${asked}`,
      knows,
    )
  const left = knows || past.asked > 1 ? past.open : undefined
  let text = isBegun ? again(left) : first
  let told: number[] = []
  const take = async () => {
    const messages = lease.takeMessages()
    told = messages.map(({ seq }) => seq)
    for (const { author, body } of messages) await lease.log.say(`message from ${author}: ${body}`)
    return messages
  }
  const before = await take()
  if (before.length > 0) {
    text = isOver ? messagesPrompt(before) : `${text}\n\n${messagesPrompt(before)}`
    isOver = false
  }
  for (let turns = 0; ;) {
    let stop = 'end_turn'
    if (!isOver) {
      if (turns++ >= rounds)
        throw new HubError(
          'exhausted',
          `the agent was given ${rounds} turns; last it was asked: ${text}`,
        )
      const end = await conversation.turn(text, told)
      stop = end.stop
      knows = end.isGone ? await conversation.open(conversation.id) : true
    }
    isOver = false
    const messages = await take()
    const refusals = conversation.takeRefusals()
    if (stop === 'refusal')
      throw new HubError(
        'denied',
        `the agent refused: ${conversation.summary || 'it did not say why'}`,
      )
    if (messages.length > 0) {
      text = messagesPrompt(messages)
      turns = Math.max(0, turns - 1)
    } else if (refusals.length > 0) text = refusalsPrompt(refusals)
    else if (stop === 'cancelled') throw new HubError('failed', 'the agent stopped by itself')
    else if (stop !== 'end_turn') text = limitPrompt(stop)
    else {
      const checks = await check()
      await lease.log.say(summaryLine(checks))
      if (checks.every(({ state }) => state !== 'failed'))
        return { summary: conversation.summary, steps: conversation.steps, checks }
      text = failurePrompt(checks)
    }
    if (!knows) text = again(text)
  }
}
