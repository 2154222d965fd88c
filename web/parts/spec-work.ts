import { html } from 'lit'
import type { SpecTask } from '../../schemas/spec.ts'
import type { Task } from '../../schemas/task.ts'
import { href } from '../route.ts'
import { badge } from './state.ts'

/** Tasks of the hub by the line of the spec that each carries out, newest first. */
export type Work = Map<string, Task[]>

/** What the hub works or worked on of a feature, as far as its newest tasks tell. */
export function workOf(tasks: Task[], repo: string, feature: string): Work {
  const work: Work = new Map()
  for (const task of tasks) {
    const spec = task.params.spec as { feature?: unknown; tasks?: unknown } | undefined // Checked below.
    if (task.repo !== repo || !Array.isArray(spec?.tasks) || !isFeature(spec.feature, feature))
      continue
    for (const id of spec.tasks as unknown[])
      if (typeof id === 'string') work.set(id, [...(work.get(id) ?? []), task])
  }
  return work
}

/** A feature is named by its folder, its number or what follows the number. */
const isFeature = (named: unknown, feature: string): boolean =>
  typeof named === 'string' &&
  (named === feature ||
    feature.endsWith(`-${named}`) ||
    feature.startsWith(`${named.padStart(3, '0')}-`))

/** The last task for a line, and the change that came of it. */
export function workLink(tasks: Task[] | undefined) {
  const [last] = tasks ?? []
  if (!last) return html`<span class="soft">–</span>`
  const { change } = last.result ?? {}
  return html`<a href=${href('tasks', last.id)} title=${last.title}>${badge(last.state)}</a>
    ${change ? html`<a href=${href('changes', change)}>change</a>` : ''}`
}

/** Where the boxes and the work do not say the same. */
export function drift(tasks: SpecTask[], work: Work): string[] {
  return tasks.flatMap(({ id, state }) => {
    const last = work.get(id)?.[0]
    if (!last) return []
    if (state === 'done' && last.state === 'failed')
      return [`${id} is ticked, but its last task failed.`]
    if (state === 'done' && !['succeeded', 'failed', 'canceled'].includes(last.state))
      return [`${id} is ticked, but a task for it is still ${last.state.replace('_', ' ')}.`]
    if (state === 'open' && last.state === 'succeeded')
      return [`A task for ${id} succeeded, but its box is open.`]
    return []
  })
}
