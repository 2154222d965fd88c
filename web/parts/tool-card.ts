import { html, nothing } from 'lit'
import type { ToolPart } from '../../schemas/chat-part.ts'
import { duration, words } from '../format.ts'
import { href } from '../route.ts'
import './approvals.ts'
import { fieldsView } from './fields.ts'
import './live-task.ts'
import { isTask, resultView } from './result.ts'
import type { ToolAnswer } from '../mcp.ts'
import { toolApp } from './tool-app.ts'
import './tool-card.css'

/** How the line says where a call stands; the sign repeats the word. */
const states: Record<ToolPart['state'], { sign: string; word: string; tone: string }> = {
  'input-streaming': { sign: '◌', word: 'preparing', tone: 'running' },
  'input-available': { sign: '◌', word: 'running', tone: 'running' },
  'approval-requested': { sign: '?', word: 'waits for you', tone: 'waiting' },
  'approval-responded': { sign: '◌', word: 'running', tone: 'running' },
  'output-available': { sign: '✓', word: 'done', tone: 'done' },
  'output-error': { sign: '✕', word: 'failed', tone: 'failed' },
  'output-denied': { sign: '–', word: 'not allowed', tone: 'failed' },
}

/** Arguments that say what a call is about, the most telling first. */
const tellingNames = [
  'title', 'task', 'change', 'plan', 'path', 'name', 'query', 'note', 'feature', 'command', 'goal', 'repo', 'tool', 'message', 'body',
] // prettier-ignore

/**
 * A call of a tool as one line (state, verb, object, duration) that opens to what it was given and
 * what it returned. What failed, waits for a person or was run by one is open from the start. While the answer is not
 * `live` any more, a call that has not ended was cut off with it.
 */
export function toolCard(part: ToolPart, isLive: boolean, isTyped = false) {
  const isCut = !isLive && states[part.state].tone === 'running'
  const { sign, word, tone } = isCut
    ? { sign: '–', word: 'cut off', tone: 'failed' }
    : states[part.state]
  const about = objectOf(part.input)
  const { durationMs } = part.toolMetadata ?? {}
  const isOpen = isTyped || part.state === 'output-error' || part.state === 'output-denied'
  return html`<details class="call" data-tone=${tone} ?open=${isOpen}>
      <summary>
        <span class="sign" aria-hidden="true">${sign}</span>
        <span class="verb">${part.title ?? sentence(part.toolName)}</span>
        ${about === undefined ? nothing : html`<span class="about">${about}</span>`}
        <span class="how"
          >${tone === 'done' ? nothing : word}${durationMs === undefined ? nothing : html` ${duration(durationMs)}`}</span
        >
        <span class="visually-hidden">${tone === 'done' ? word : nothing}</span>
      </summary>
      <div class="inside">
        <p class="label">Arguments <code>${part.toolName}</code></p>
        ${givenView(part.input)} ${outcome(part)}
      </div>
    </details>
    ${made(part)} ${shownByApp(part)}
    ${
      part.state === 'approval-requested' && part.approval && isLive
        ? html`<sy-approvals .approval=${part.approval.id}></sy-approvals>`
        : nothing
    }`
}

/** A plan or task that came of the call, as it is now; what was only looked at stays behind its line. */
const made = ({ output, toolMetadata, toolName }: ToolPart) => {
  if (toolMetadata?.effect !== 'create') return nothing
  if (toolName === 'plan_create' && hasId(output))
    return html`<p class="made"><a href=${href('plans', output.id)}>Open the plan</a></p>`
  return isTask(output) ? html`<sy-live-task .task=${output}></sy-live-task>` : nothing
}

const hasId = (output: unknown): output is { id: string } =>
  typeof output === 'object' && output !== null && 'id' in output && typeof output.id === 'string'

/** What another server's tool gave, as that server shows it. */
function shownByApp({ state, toolName, input, output }: ToolPart) {
  const isForeign = typeof output === 'object' && output !== null && 'content' in output
  if (state !== 'output-available' || !isForeign) return nothing
  return toolApp(toolName, { ...(input as object | undefined) }, output as ToolAnswer) // As `tools/call` gave it.
}

function outcome(part: ToolPart) {
  const { error, cut, text } = part.toolMetadata ?? {}
  if (part.state === 'output-denied')
    return wrong(`Not approved${part.approval?.reason ? `: ${part.approval.reason}` : '.'}`)
  if (part.state === 'output-error')
    return wrong(error?.message ?? part.errorText ?? 'It failed.', error?.hint)
  if (part.state !== 'output-available') return nothing
  return html`<p class="label">Result</p>
    ${cut === true ? html`<p class="soft">It was too long to keep whole.</p>` : nothing}
    ${resultView(part.output ?? text)}`
}

const wrong = (message: string, hint?: string) =>
  html`<div class="problem">
    <span>${message}</span>${hint ? html`<br /><small>${hint}</small>` : nothing}
  </div>`

function givenView(input: unknown) {
  if (typeof input === 'string') return html`<pre class="output" tabindex="0">${input}</pre>`
  if (typeof input !== 'object' || input === null || Object.keys(input).length === 0)
    return html`<p class="soft">None.</p>`
  return fieldsView(input as Record<string, unknown>) // An object, as was just seen.
}

function objectOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined
  const given = input as Record<string, unknown> // An object, as was just seen.
  const name = tellingNames.find((one) => typeof given[one] === 'string' && given[one] !== '')
  return name === undefined ? undefined : String(given[name]).split('\n', 1)[0]?.slice(0, 120)
}

const sentence = (name: string): string => {
  const spaced = words(name)
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
