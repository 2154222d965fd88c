import { html, nothing } from 'lit'
import type { Change } from '../../schemas/change.ts'
import type { Task } from '../../schemas/task.ts'
import { ago, bytes, words } from '../format.ts'
import { href } from '../route.ts'
import { taskCard } from './card.ts'
import { copy } from './copy.ts'
import { diffView } from './diff-view.ts'
import { fieldsView } from './fields.ts'
import { badge } from './state.ts'

type Shape = Record<string, unknown>

const shownItems = 20
const shownColumns = 5
const shownChars = 20_000

/**
 * What a tool returned, by its form: a task or change as its card, a list as cards or a table, a diff
 * or text as such, anything else by its fields; and always all of it as JSON. Everything in it is text.
 */
export function resultView(output: unknown) {
  return html`${shaped(output)}${json(output)}`
}

function shaped(output: unknown): unknown {
  if (typeof output === 'string') return textView(output)
  if (!isShape(output)) return nothing
  if (isTask(output)) return taskCard(output)
  if (isTask(output.task)) return html`${taskCard(output.task)}${others(output, 'task')}`
  if (isChange(output)) return changeCard(output)
  if (isChange(output.change))
    return html`${changeCard(output.change)}${typeof output.diff === 'string' ? diffView(output.diff) : nothing}`
  if (Array.isArray(output.items)) return itemsView(output.items, output.next !== undefined)
  const text = output.text ?? output.content
  if (typeof text === 'string') {
    const name = output.text === undefined ? 'content' : 'text'
    return html`${others(output, name)}${textView(text)}`
  }
  return fieldsView(output)
}

const changeCard = (change: Change) =>
  html`<a class="card" href=${href('changes', change.id)}>
    <strong>${change.title}</strong>
    <span class="line"
      >${badge(change.state)} ${change.branch} → ${change.target}, revision
      ${change.revisions}</span
    >
  </a>`

function itemsView(items: unknown[], hasMore: boolean) {
  if (items.length === 0) return html`<p class="empty">It found nothing.</p>`
  const shown = items.slice(0, shownItems)
  const rest = items.length - shown.length
  return html`${shown.every(isTask) ? shown.map((task) => taskCard(task)) : shown.every(isChange) ? shown.map(changeCard) : table(shown)}
  ${rest > 0 || hasMore ? html`<p class="soft">${rest > 0 ? `${rest} more are not shown here.` : 'There are more.'}</p>` : nothing}`
}

function table(items: unknown[]) {
  if (!items.every(isShape)) return textView(items.map(line).join('\n'))
  const columns = columnsOf(items)
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Result">
    <table>
      <thead>
        <tr>
          ${columns.map((name) => html`<th>${words(name)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${items.map(
          (item) =>
            html`<tr>
              ${columns.map((name) => html`<td>${cell(name, item[name])}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** The fields that are one value each, those that tell most first. */
function columnsOf(items: Shape[]): string[] {
  const names = [...new Set(items.flatMap((item) => Object.keys(item)))].filter((name) =>
    items.some((item) => ['string', 'number', 'boolean'].includes(typeof item[name])),
  )
  const first = ['state', 'title', 'name', 'path']
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length)
  return names.sort((a, b) => rank(a) - rank(b)).slice(0, shownColumns)
}

function cell(name: string, value: unknown) {
  if (value === undefined || value === null) return '–'
  if (name === 'state' && typeof value === 'string') return badge(value)
  if (typeof value === 'number' && name.endsWith('At')) return ago(value)
  if (typeof value === 'number' && name.endsWith('Bytes')) return bytes(value)
  const text = line(value)
  const place = placeOf(text)
  return place === undefined ? text.slice(0, 200) : html`<a href=${place}>${text}</a>`
}

/** The page of an id, where the id says what it is of. */
export function placeOf(id: string): string | undefined {
  const noun = /^(task|change|plan)-[0-9a-z]{11}-[0-9a-z]{5}$/.exec(id)?.[1]
  return noun === undefined ? undefined : href(`${noun}s`, id)
}

function others(output: Shape, without: string) {
  const simple = Object.entries(output).filter(
    ([name, value]) => name !== without && value !== null && typeof value !== 'object',
  )
  return fieldsView(Object.fromEntries(simple))
}

const textView = (text: string) =>
  html`<pre class="output" tabindex="0">
${text.slice(0, shownChars)}${text.length > shownChars ? '\n…' : ''}</pre>`

/** All of it, for who wants to see it; drawn only when it is opened. */
function json(output: unknown) {
  const text = () => JSON.stringify(output, null, 2) ?? ''
  const open = (event: Event) => {
    const details = event.currentTarget as HTMLDetailsElement // The listener sits there.
    const pre = details.querySelector('pre')
    if (details.open && pre && pre.textContent === '') {
      const all = text()
      pre.textContent = all.length > shownChars ? `${all.slice(0, shownChars)}\n…` : all
    }
  }
  return html`<details class="json" @toggle=${open}>
    <summary>JSON</summary>
    <button type="button" class="quiet" @click=${() => void copy(text())}>Copy</button>
    <pre class="output" tabindex="0"></pre>
  </details>`
}

const line = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
const isShape = (value: unknown): value is Shape =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const has = (value: unknown, prefix: string, names: string[]): boolean =>
  isShape(value) &&
  typeof value.id === 'string' &&
  value.id.startsWith(prefix) &&
  names.every((name) => typeof value[name] === 'string')
// Told by what the cards show: the same forms come back from several tools.
export const isTask = (value: unknown): value is Task =>
  has(value, 'task-', ['title', 'state', 'template'])
const isChange = (value: unknown): value is Change =>
  has(value, 'change-', ['title', 'state', 'branch', 'target'])
