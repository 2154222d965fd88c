import { HubError } from '../../schemas/errors.ts'
import type { Plan } from '../../schemas/plan.ts'
import type { SpecTask } from '../../schemas/spec.ts'
import { listDrafting } from '../../servers/orchestration/store/plans.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { featureSteps } from './plan-feature.ts'
import { answerOf, goalPrompt, stepsOf } from './plan-goal.ts'

const maxTasks = 500
const contextTokens = 3000
const answerChars = 20_000

const atOnce = 4
const maxTries = 8
/** How soon it is seen that a place became free, where nothing else says so. */
const busyLookMs = 1000

/**
 * Gives plans that have none their steps. It looks at the state, not at single events, so that what was
 * missed in a crash is found; a few at once, since a model takes its time, and one that is away delays
 * nobody else's plan.
 */
export async function draftAll(context: ControllerContext): Promise<void> {
  const { store, clock, signal } = context
  const busy = new Map<string, Promise<void>>()
  const failed = new Map<string, { tries: number; until: number }>()
  using events = store.topics.listen(['events'])
  while (!signal.aborted) {
    await guarded(context, 'plans', async () => {
      const resting = [...failed].filter(([, { until }]) => until > clock.now())
      const without = [...busy.keys(), ...resting.map(([id]) => id)]
      for (const { id } of await listDrafting(store.reader, without, atOnce - busy.size)) {
        const tries = (failed.get(id)?.tries ?? 0) + 1
        const drafting = draft(context, id, tries >= maxTries).then((isDone) => {
          busy.delete(id)
          if (isDone) failed.delete(id)
          else failed.set(id, { tries, until: clock.now() + Math.min(60_000, 500 * 2 ** tries) })
        })
        busy.set(id, drafting)
      }
      // What has rested is under way again, or is drafted no more: somebody canceled it.
      for (const [id, { until }] of failed) if (until <= clock.now()) failed.delete(id)
    })
    const due = [...failed.values()].map(({ until }) => until - clock.now())
    const waitMs = Math.min(busy.size > 0 ? busyLookMs : 30_000, ...due)
    // A wait is rejected when the controllers stop or the hub closes, and then the loop ends.
    const goesOn = events.next(Math.max(20, waitMs), signal).then(
      () => true,
      () => false,
    )
    if (!(await goesOn)) break
  }
  await Promise.all(busy.values())
}

/** Drafts one plan; false where it has to be tried again. */
async function draft(context: ControllerContext, id: string, isLast: boolean): Promise<boolean> {
  const { call, signal, log } = context
  try {
    const plan = await readDraft(context, id)
    if (!plan) return true
    if (plan.source.kind === 'feature') await draftFeature(context, plan)
    else await draftGoal(context, plan)
    return true
  } catch (error) {
    if (signal.aborted) return false
    const isAway = error instanceof HubError && ['unavailable', 'canceled'].includes(error.code)
    log.warn({ error, controller: 'plans', plan: id }, 'a plan could not be drafted')
    if (isAway && !isLast) return false
    return failDraft(call, id, error).catch(() => false)
  }
}

async function failDraft(
  call: ControllerContext['call'],
  id: string,
  error: unknown,
): Promise<boolean> {
  const { plan } = await call<{ plan: Plan }>('plan_read', { plan: id, limit: 1 })
  await call('plan_draft', {
    plan: id,
    round: (plan.draft?.rounds ?? 0) + 1,
    answer: plan.draft?.answer ?? '',
    problem: wordsOf(error).slice(0, 4000),
    final: true,
  })
  return true
}

/** Makes steps of a feature's open tasks. */
async function draftFeature({ call }: ControllerContext, plan: Plan): Promise<void> {
  if (plan.source.kind !== 'feature') return
  const { feature, project } = plan.source
  const asked = { repo: plan.repo, project, feature, details: true, limit: maxTasks }
  const { items, total } = await call<{ items: SpecTask[]; total: number }>('spec_task_list', asked)
  if (total > items.length)
    throw new HubError('exhausted', `${feature} has ${total} tasks, and ${maxTasks} is the limit`, {
      hint: 'Split the feature, or pass `steps`.',
    })
  await call('plan_expand', { plan: plan.id, steps: featureSteps(items, plan.source) })
}

/** Has a model take a goal apart. What it does wrong it is told, a few times. */
async function draftGoal(context: ControllerContext, first: Plan): Promise<void> {
  const { call, signal } = context
  let plan: Plan | undefined = first
  for (
    ;
    plan?.source.kind === 'goal' && !signal.aborted;
    plan = await readDraft(context, first.id)
  ) {
    const { goal, model } = plan.source
    const known = plan.repo === undefined ? '' : await knownOf(context, plan, goal)
    const prompt = goalPrompt(goal, { repo: plan.repo, known, draft: plan.draft })
    const asked = { ...(model === undefined ? {} : { model }), prompt }
    const { content } = await call<{ content: { type: string }[] }>('model_generate', asked, signal)
    const answer = answerOf(content)
    try {
      await call('plan_expand', { plan: plan.id, steps: stepsOf(answer) })
    } catch (error) {
      // Whatever is wrong with the graph is the model's to mend; all else is not.
      if (!(error instanceof HubError) || !['invalid', 'not_found'].includes(error.code))
        throw error
      await call('plan_draft', {
        plan: plan.id,
        round: (plan.draft?.rounds ?? 0) + 1,
        answer: answer.slice(0, answerChars),
        problem: wordsOf(error).slice(0, 4000),
      })
    }
  }
}

/** The plan as long as it has no steps. */
async function readDraft({ call }: ControllerContext, id: string): Promise<Plan | undefined> {
  const { plan } = await call<{ plan: Plan }>('plan_read', { plan: id, limit: 1 })
  return plan.state === 'drafting' ? plan : undefined
}

const wordsOf = (error: unknown): string =>
  error instanceof HubError
    ? [error.message, error.hint].filter(Boolean).join('. ')
    : `it could not be made: ${String(error)}`

/** What the hub knows that bears on the goal; a plan can be made without. */
async function knownOf({ call }: ControllerContext, plan: Plan, goal: string): Promise<string> {
  try {
    const { text } = await call<{ text: string }>('context_pack', {
      query: goal.slice(0, 4000),
      max_tokens: contextTokens,
      org: plan.org,
    })
    return text
  } catch (error) {
    if (!(error instanceof HubError) || error.code === 'canceled') throw error
    return ''
  }
}
