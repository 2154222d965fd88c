import { html, nothing } from 'lit'
import type { Change } from '../../schemas/change.ts'
import type { Task } from '../../schemas/task.ts'
import type { JsonSchema, ToolAnswer } from '../mcp.ts'
import { href } from '../route.ts'
import { taskCard } from './card.ts'
import { copy } from './copy.ts'
import { diffView } from './diff-view.ts'
import './page-bar.css'
import './result.css'
import { badge } from './state.ts'
import { longText, valueView } from './value.ts'

type Shape = Record<string, unknown>

const shownCards = 20
const shownChars = 20_000

/**
 * What a tool returned, by its form: a task or change as its card, a list as cards or a table, a diff
 * or text as such, anything else by its fields; and always all of it as JSON. Everything in it is text.
 */
export function resultView(output: unknown, schema?: JsonSchema) {
  if (isAnswer(output)) return answerView(output, schema)
  return html`<div class="result">${shaped(output, schema)}${json(output)}</div>`
}

/** The same of an answer as MCP has it: by its structure where it has one, else its texts; and its pictures. */
export function answerView({ structuredContent, content = [] }: ToolAnswer, schema?: JsonSchema) {
  return html`<div class="result">
    ${structuredContent === undefined ? content.map(textItem) : shaped(structuredContent, schema)}
    ${content.map(({ type, data, mimeType }) => (type === 'image' && data !== undefined ? image(data, mimeType) : nothing))}
    ${json(structuredContent ?? content)}
  </div>`
}

function textItem({ type, text, uri = '' }: NonNullable<ToolAnswer['content']>[number]) {
  if (type === 'image') return nothing
  return text === undefined ? html`<p class="soft">${type} ${uri}</p>` : longText(text)
}

/** Pictures only, of the kinds that run nothing. */
const image = (data: string, mimeType = '') =>
  /^image\/(png|jpeg|gif|webp)$/.test(mimeType) && /^[A-Za-z0-9+/=]*$/.test(data)
    ? html`<img src="data:${mimeType};base64,${data}" alt="Picture in the answer" />`
    : nothing

function shaped(output: unknown, schema: JsonSchema | undefined): unknown {
  if (typeof output === 'string') return longText(output)
  if (!isShape(output)) return nothing
  if (isTask(output)) return taskCard(output)
  if (isTask(output.task)) return html`${taskCard(output.task)}${others(output, 'task')}`
  if (isChange(output)) return changeCard(output)
  if (isChange(output.change))
    return html`${changeCard(output.change)}${typeof output.diff === 'string' ? diffView(output.diff) : nothing}`
  const { items, next } = output
  if (Array.isArray(items) && items.length === 0)
    return html`<p class="empty">It found nothing.</p>`
  if (Array.isArray(items) && (items.every(isTask) || items.every(isChange)))
    return cards(items, next !== undefined)
  const text = output.text ?? output.content
  if (typeof text === 'string') {
    const name = output.text === undefined ? 'content' : 'text'
    return html`${others(output, name)}${longText(text)}`
  }
  return valueView(output, schema)
}

const changeCard = (change: Change) =>
  html`<a class="card" href=${href('changes', change.id)}>
    <strong>${change.title}</strong>
    <span class="line"
      >${badge(change.state)} ${change.branch} → ${change.target}, revision
      ${change.revisions}</span
    >
  </a>`

function cards(items: (Task | Change)[], hasMore: boolean) {
  const shown = items.slice(0, shownCards)
  const rest = items.length - shown.length
  return html`${shown.map((item) => (isTask(item) ? taskCard(item) : isChange(item) ? changeCard(item) : nothing))}
  ${rest > 0 || hasMore ? html`<p class="soft">${rest > 0 ? `${rest} more are not shown here.` : 'There are more.'}</p>` : nothing}`
}

function others(output: Shape, without: string) {
  const simple = Object.entries(output).filter(
    ([name, value]) => name !== without && value !== null && typeof value !== 'object',
  )
  return simple.length === 0 ? nothing : valueView(Object.fromEntries(simple))
}

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

const isShape = (value: unknown): value is Shape =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** What a server behind the hub gave, as it came. */
const isAnswer = (value: unknown): value is ToolAnswer =>
  isShape(value) &&
  Array.isArray(value.content) &&
  value.content.every((one) => isShape(one) && typeof one.type === 'string')
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
