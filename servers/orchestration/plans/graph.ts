import { HubError } from '../../../schemas/errors.ts'
import { nearest } from '../../../schemas/nearest.ts'
import type { Gate } from '../../../schemas/plan.ts'

export type Node = { name: string; needs: string[]; gate?: Gate | undefined }

/** Where a step stands: what it needs and what needs it, by place in the list, and how deep it is. */
export type Placed = { needs: number[]; level: number }

export const maxSteps = 20_000
const maxEdges = 200_000
export const maxLevel = 200

/** The steps as a graph, in the order given; refused by name where it is none that can be run. */
export function placeSteps(steps: Node[]): Placed[] {
  if (steps.length === 0) throw bad('the plan has no steps')
  if (steps.length > maxSteps)
    throw bad(`the plan has ${steps.length} steps, and ${maxSteps} is the limit`)
  const places = placesByName(steps)
  const needs = steps.map((step) => needsOf(step, places))
  for (const [at, step] of steps.entries()) assertSight(step, needs[at] ?? [], steps)
  const edges = needs.reduce((sum, { length }) => sum + length, 0)
  if (edges > maxEdges)
    throw bad(
      `the steps need one another ${edges} times, and ${maxEdges} is the limit`,
      'Put a gate of kind barrier between many steps and many others.',
    )
  const levels = levelsOf(steps, needs)
  const deepest = levels.reduce((most, level) => Math.max(most, level), 0)
  if (deepest > maxLevel)
    throw bad(
      `the step ${steps[levels.indexOf(deepest)]?.name} stands ${deepest} steps deep, and ${maxLevel} is the limit`,
      'Have fewer steps that each do more.',
    )
  return needs.map((list, at) => ({ needs: list, level: levels[at] ?? 0 }))
}

function placesByName(steps: Node[]): Map<string, number> {
  const places = new Map<string, number>()
  for (const [at, { name }] of steps.entries()) {
    if (places.has(name)) throw bad(`two steps are called ${name}`, 'Give each a name of its own.')
    places.set(name, at)
  }
  return places
}

function needsOf({ name, needs }: Node, places: Map<string, number>): number[] {
  return [...new Set(needs)].map((need) => {
    if (need === name) throw bad(`the step ${name} needs itself`)
    const place = places.get(need)
    if (place !== undefined) return place
    const close = nearest(need, places.keys())
    throw bad(
      `the step ${name} needs ${need}, which is no step of the plan`,
      close ? `Did you mean ${close}?` : undefined,
    )
  })
}

/** A gate that looks at results has to have some right before it. */
function assertSight({ name, gate }: Node, needs: number[], steps: Node[]): void {
  if (gate?.kind !== 'check' && gate?.kind !== 'change') return
  if (needs.some((need) => steps[need]?.gate === undefined)) return
  throw bad(
    `the gate ${name} looks at no task`,
    'Name the steps in `needs` whose checks or changes it waits for.',
  )
}

/** Kahn's algorithm; what it cannot reach lies on a circle or behind one. */
function levelsOf(steps: Node[], needs: number[][]): number[] {
  const after: number[][] = steps.map(() => [])
  for (const [at, list] of needs.entries()) for (const need of list) after[need]?.push(at)
  const left = needs.map(({ length }) => length)
  const levels = steps.map(() => 0)
  const free = left.flatMap((count, at) => (count === 0 ? [at] : []))
  let reached = 0
  for (const at of free) {
    reached++
    for (const next of after[at] ?? []) {
      levels[next] = Math.max(levels[next] ?? 0, (levels[at] ?? 0) + 1)
      left[next] = (left[next] ?? 0) - 1
      if (left[next] === 0) free.push(next)
    }
  }
  if (reached === steps.length) return levels
  const circle = circleOf(needs, left)
  const names = circle.map((at) => steps[at]?.name)
  const shown = names.length > 12 ? [...names.slice(0, 11), '…', names.at(-1)] : names
  throw bad(`steps need one another in a circle: ${shown.join(' → ')}`)
}

/** Walks back along needs that are not met until a step is met again. */
function circleOf(needs: number[][], left: number[]): number[] {
  const isOpen = (at: number) => (left[at] ?? 0) > 0
  const seen = new Map<number, number>()
  const path: number[] = []
  let at = left.findIndex((count) => count > 0)
  while (!seen.has(at)) {
    seen.set(at, path.length)
    path.push(at)
    at = needs[at]?.find(isOpen) ?? at // Each open one has such a need, else it would be closed.
  }
  return [...path.slice(seen.get(at)), at].toReversed()
}

const bad = (message: string, hint?: string): HubError =>
  new HubError('invalid', message, hint === undefined ? {} : { hint })
