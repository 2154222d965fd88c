import { HubError } from '../../schemas/errors.ts'
import type { PlanSource } from '../../schemas/plan.ts'
import type { SpecTask } from '../../schemas/spec.ts'

type Feature = Extract<PlanSource, { kind: 'feature' }>
type Step = { name: string; needs: string[] } & Record<string, unknown>

/**
 * The open tasks of a feature as steps, in the order that spec_task_next says: within a phase one after
 * another, those marked [P] beside each other; phases after each other, but for those of different user
 * stories, which are independent once what is before the first of them is done; and the tasks that each
 * names, which come first also where the file has them later in the phase.
 */
export function featureSteps(all: SpecTask[], feature: Feature | PlanSource): Step[] {
  if (feature.kind !== 'feature') return []
  const tasks = all.filter(({ state }) => state === 'open')
  if (tasks.length === 0)
    throw new HubError('invalid', `${feature.feature} has no open tasks`, {
      hint: 'spec_task_list shows its tasks.',
    })
  const twice = tasks.find(({ id }, at) => tasks.findIndex((other) => other.id === id) !== at)
  if (twice)
    throw new HubError('ambiguous', `several lines of ${feature.feature} carry ${twice.id}`, {
      hint: 'Give each task an id of its own.',
    })
  const open = new Set(tasks.map(({ id }) => id))
  const steps: Step[] = []
  /** What a phase waits for: the end of all before it, or, for a story, of those before the first. */
  let [beforeAll, beforeStories]: [string[], string[]] = [[], []]
  let isAfterStory = false
  /** The end of what there is of a story so far; a later phase may go on with it. */
  const ends = new Map<string, string>()
  for (const phase of phasesOf(tasks)) {
    const story = phase.every(isStory)
    if (!story || !isAfterStory) {
      beforeStories = beforeAll
      ends.clear()
    }
    const stories = new Set(phase.flatMap((task) => task.stories))
    const earlier = [...stories].flatMap((one) => ends.get(one) ?? [])
    const before = story ? [...new Set([...beforeStories, ...earlier])] : beforeAll
    const last = stepsOfPhase(namedFirst(phase), before, { open, feature, steps })
    const gate = gateAfter(phase, last, feature, steps)
    for (const one of stories) ends.set(one, gate)
    beforeAll = story && isAfterStory ? [...beforeAll, gate] : [gate]
    isAfterStory = story
  }
  return withoutLastBarrier(steps)
}

function phasesOf(tasks: SpecTask[]): SpecTask[][] {
  const phases: SpecTask[][] = []
  for (const task of tasks) {
    const last = phases.at(-1)
    if (last?.[0]?.phase === task.phase) last.push(task)
    else phases.push([task])
  }
  return phases
}

/** The tasks of a phase as the file has them, but for those that are named before they stand there. */
function namedFirst(phase: SpecTask[]): SpecTask[] {
  const ordered = new Set<SpecTask>()
  const opened = new Set<SpecTask>()
  const visit = (task: SpecTask): void => {
    if (opened.has(task)) return // Done before, or a circle, which is refused by name.
    opened.add(task)
    for (const other of phase) if (task.dependsOn.includes(other.id)) visit(other)
    ordered.add(task)
  }
  for (const task of phase) visit(task)
  return [...ordered]
}

/** Adds the tasks of a phase and returns those that nothing in it comes after. */
function stepsOfPhase(
  phase: SpecTask[],
  before: string[],
  { open, feature, steps }: { open: Set<string>; feature: Feature; steps: Step[] },
): string[] {
  let base = before
  let beside: string[] = []
  for (const task of phase) {
    if (!task.parallel && beside.length > 0) {
      base = beside
      beside = []
    }
    const named = task.dependsOn.filter((id) => open.has(id) && id !== task.id)
    steps.push({ ...taskStep(task, feature), needs: [...new Set([...base, ...named])] })
    if (task.parallel) beside.push(task.id)
    else base = [task.id]
  }
  return beside.length > 0 ? beside : base
}

function gateAfter(
  phase: SpecTask[],
  ends: string[],
  { checkpoints, feature }: Feature,
  steps: Step[],
): string {
  const title = phase[0]?.phase || 'the tasks'
  const name = `after-${phase.at(-1)?.id}`
  const gate = checkpoints
    ? { kind: 'person', question: `${feature}: ${title} is done. Go on?`.slice(0, 2000) }
    : { kind: 'barrier' }
  steps.push({ name, needs: ends, gate })
  return name
}

/** Nothing comes after the last phases, so nothing needs to wait for their end. */
const withoutLastBarrier = (steps: Step[]): Step[] => {
  const needed = new Set(steps.flatMap(({ needs }) => needs))
  return steps.filter(({ gate, name }) => gate === undefined || needed.has(name) || isPerson(gate))
}

const isPerson = (gate: unknown) => (gate as { kind: string }).kind === 'person' // Made above.

function taskStep(
  { id, text, details = '', phase }: SpecTask,
  { feature, project, model, requirements, budget }: Feature,
): Omit<Step, 'needs'> & { name: string } {
  const place = `${project === '' ? '' : `${project}/`}specs`
  const goal = [
    `${id} ${text}`,
    ...(details === '' ? [] : [details]),
    '',
    `This is a task of the feature ${feature}${phase === '' ? '' : `, in "${phase}"`}. The feature's folder below ${place}/ has the specification (spec.md), the plan (plan.md) and all tasks (tasks.md). Do this task alone and leave tasks.md as it is.`,
  ].join('\n')
  return {
    name: id,
    title: `${id} ${text}`.slice(0, 200),
    template: 'code',
    goal,
    params: { spec: { feature, project, tasks: [id] } },
    ...(model === undefined ? {} : { model }),
    ...(requirements === undefined ? {} : { requirements }),
    ...(budget === undefined ? {} : { budget }),
  }
}

const isStory = ({ phase, stories }: SpecTask) => stories.length > 0 || /user stor/i.test(phase)
