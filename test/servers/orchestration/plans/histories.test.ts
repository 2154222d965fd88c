import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Plan, Step } from '../../../../schemas/plan.ts'
import { stepStates } from '../../../../schemas/plan.ts'
import { verifyAudit } from '../../../../servers/kit/store/audit.ts'
import { countSteps } from '../../../../servers/orchestration/store/plan-reach.ts'
import { PlanHistory } from '../../../helpers/plan-histories.ts'

// `PLAN_HISTORIES=2000 npx vitest run test/servers/orchestration/plans/histories.test.ts` for more.
const histories = Number(process.env.PLAN_HISTORIES ?? 40)
/** Memory, where there is some: nobody pulls the plug here. */
const root = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

type Input = {
  name: string
  needs: string[]
  gate?: { kind: 'barrier' | 'check' }
} & Record<string, unknown>

const stepInput = (at: number): fc.Arbitrary<Input> =>
  fc
    .record({
      needs: fc.subarray(
        Array.from({ length: at }, (_, before) => `s${before}`),
        {
          maxLength: Math.min(3, at),
        },
      ),
      kind: fc.constantFrom('task', 'task', 'task', 'barrier', 'check'),
      retries: fc.integer({ min: 0, max: 2 }),
      on_failure: fc.constantFrom('continue', 'continue', 'continue', 'stop'),
    })
    .map(({ needs, kind, ...rest }) => ({
      name: `s${at}`,
      needs,
      ...rest,
      ...(kind === 'task' ? { template: 'command', command: 'true' } : { gate: { kind } as const }),
    }))

const planInput = fc
  .integer({ min: 1, max: 10 })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, at) => stepInput(at))))
  .map((steps) => {
    const tasks = new Set(steps.filter(({ gate }) => !gate).map(({ name }) => name))
    return steps.map((step) =>
      step.gate?.kind === 'check' && !step.needs.some((need) => tasks.has(need))
        ? { ...step, gate: { kind: 'barrier' as const } }
        : step,
    )
  })

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('control' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      afterCalls: fc.integer({ min: 0, max: 2 }),
      isDone: fc.boolean(),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant('work' as const),
      outcome: fc.constantFrom('succeeded', 'succeeded', 'failed', 'proposed', 'lost'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('review' as const),
      event: fc.constantFrom('merged', 'merged', 'closed', 'changes_requested'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('plan_cancel' as const, 'retry' as const, 'from' as const),
      at: fc.integer({ min: 0, max: 9 }),
    }),
  },
)

test(
  `every promise holds over ${histories} random plans with random outcomes and crashes`,
  { timeout: 600_000 },
  async () => {
    const told = { plans: 0, crashes: 0, tasks: 0, ends: {} as Record<string, number> }
    await fc.assert(
      fc.asyncProperty(
        planInput,
        fc.integer({ min: 1, max: 3 }),
        fc.array(action, { minLength: 10, maxLength: 60 }),
        async (steps, maxParallel, actions) => {
          const history = new PlanHistory(root)
          try {
            const { id } = await history.call<Plan>('plan_create', {
              steps,
              max_parallel: maxParallel,
            })
            let isSentBack = false
            for (const act of actions) {
              if (act.kind === 'control') await history.control()
              else if (act.kind === 'crash') await history.control(act)
              else if (act.kind === 'work') await history.work(act.outcome)
              else if (act.kind === 'review') {
                await history.review(act.event)
                isSentBack ||= act.event === 'changes_requested'
              } else if (act.kind === 'restart') await history.restart()
              else await steer(history, act.kind, id, steps[act.at % steps.length]!.name)
              await assertCounts(history, id, isSentBack ? Infinity : maxParallel)
            }
            await drain(history, id)
            await assertPromises(history, id, steps)
            const { plan } = await history.plan(id)
            told.plans++
            told.crashes += history.crashes
            told.tasks += (await tasksOf(history, id)).length
            told.ends[plan.state] = (told.ends[plan.state] ?? 0) + 1
          } finally {
            await history.end()
          }
        },
      ),
      { numRuns: histories },
    )
    console.log(JSON.stringify(told))
  },
)

const steer = (
  history: PlanHistory,
  kind: 'plan_cancel' | 'retry' | 'from',
  plan: string,
  step: string,
): Promise<boolean> =>
  kind === 'plan_cancel'
    ? history.tryCall('plan_cancel', { plan, step })
    : history.tryCall('plan_retry', { plan, [kind === 'retry' ? 'step' : 'from']: step })

/** Lets everything go well from now on; it has to come to an end. */
async function drain(history: PlanHistory, id: string): Promise<void> {
  for (let round = 0; round < 400; round++) {
    const [isControlled, isWorked, isReviewed] = [
      await history.control(),
      await history.work('succeeded'),
      await history.review('merged'),
    ]
    if (!isControlled && !isWorked && !isReviewed) return
  }
  throw new Error(`it never ends: ${JSON.stringify(await history.plan(id))}`)
}

/** The counts that a plan keeps are those of its steps, and no more run than may. */
async function assertCounts(history: PlanHistory, id: string, most: number): Promise<void> {
  const { plan } = await history.plan(id)
  expect(plan.counts).toEqual(await countSteps(history.reader, id))
  expect(plan.counts.running).toBeLessThanOrEqual(most)
}

const tasksOf = (history: PlanHistory, plan: string) =>
  history.reader.all<{ id: string; step: string }>(
    'SELECT id, step FROM tasks WHERE plan = :plan',
    { plan },
  )

async function assertPromises(history: PlanHistory, id: string, inputs: Input[]): Promise<void> {
  const { plan, steps } = await history.plan(id)
  const open = plan.counts
  expect([open.waiting, open.ready, open.running, open.held]).toEqual([0, 0, 0, 0])
  expect(plan.state).toBe(endOf(steps))
  await assertOneTaskEachRun(history, id, steps)
  await assertOrder(history, inputs)
  expect(await verifyAudit(history.reader)).toMatchObject({ intact: true })
}

function endOf(steps: Step[]): string {
  const has = (...states: (typeof stepStates)[number][]) =>
    steps.some(({ state }) => states.includes(state))
  if (has('failed', 'skipped')) return 'failed'
  return has('canceled') ? 'canceled' : 'succeeded'
}

async function assertOneTaskEachRun(
  history: PlanHistory,
  id: string,
  steps: Step[],
): Promise<void> {
  const tasks = Map.groupBy(await tasksOf(history, id), ({ step }) => step)
  for (const { name, run } of steps)
    expect([name, tasks.get(name)?.length ?? 0]).toEqual([name, run])
}

/** Nothing began before what it needs was done; a gate of checks lets pass what is in review. */
async function assertOrder(history: PlanHistory, inputs: Input[]): Promise<void> {
  const byName = new Map(inputs.map((input) => [input.name, input]))
  const last = new Map<string, string>()
  const reported = new Set<string>()
  const mayBegin = (name: string, isChecked = false): boolean => {
    const { needs = [] } = byName.get(name) ?? {}
    return needs.every((need) => {
      const { gate } = byName.get(need) ?? {}
      if (gate) return mayBegin(need, gate.kind === 'check')
      return isChecked ? reported.has(need) : last.get(need) === 'task.succeeded'
    })
  }
  for (const { kind, data } of await history.events()) {
    if (typeof data.step !== 'string') continue
    if (kind === 'task.queued' && data.attempts === 0)
      expect([data.step, mayBegin(data.step)]).toEqual([data.step, true])
    if (kind === 'task.in_review' || kind === 'task.succeeded') reported.add(data.step)
    last.set(data.step, kind)
  }
}
