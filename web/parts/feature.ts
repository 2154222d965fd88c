import { html } from 'lit'
import type { Feature } from '../../schemas/spec.ts'
import { badge } from './state.ts'

/** How far the work on a feature is, in a word. */
export function featureState({ tasks, documents }: Feature): { state: string; words: string } {
  const { open, done, other } = tasks
  if (!documents.includes('tasks.md')) return { state: 'draft', words: 'no tasks yet' }
  if (open + done + other === 0) return { state: 'draft', words: 'no tasks' }
  if (open === 0) return { state: 'succeeded', words: 'done' }
  return done === 0
    ? { state: 'draft', words: 'not begun' }
    : { state: 'running', words: 'in work' }
}

export const taskCount = ({ tasks: { open, done, other } }: Feature): string =>
  open + done + other === 0
    ? ''
    : `${done} of ${open + done} done${other > 0 ? `, ${other} set aside` : ''}`

/** How many tasks of a feature are done, as a bar; a word beside it says the same. */
export const featureBar = ({ tasks: { open, done } }: Feature) =>
  html`<progress max=${Math.max(1, open + done)} value=${done} aria-hidden="true"></progress>`

/** One feature of a list: state, title, progress. */
export function featureRow(feature: Feature, href: string) {
  const { state, words } = featureState(feature)
  return html`<a class="feature" href=${href}>
    <span class="top-line">${badge(state, words)} <b>${feature.title}</b></span>
    <small
      >${feature.name.match(/^\d+/)?.[0] ?? feature.name} ${featureBar(feature)}
      ${taskCount(feature)}</small
    >
  </a>`
}
