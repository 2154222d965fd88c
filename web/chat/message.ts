import { html, nothing } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import type { ChatPart, ContextItem } from '../../schemas/chat-part.ts'
import { duration } from '../format.ts'
import { copy } from '../parts/copy.ts'
import '../parts/markdown.ts'
import { problem } from '../parts/problem.ts'
import { placeOf } from '../parts/value.ts'
import { since } from '../parts/time.ts'
import { toolCard } from '../parts/tool-card.ts'
import { ToolError } from '../mcp.ts'
import type { Message } from './answer.ts'
import { placeOfThing, wentAlong } from './went-along.ts'

/** What can be done with a message. */
export type Actions = {
  /** Nothing can be changed while an answer is under way. */
  isAnswering: boolean
  models: { name: string; kind: string }[]
  edit(message: Message): void
  again(message: Message, model?: string): void
  show(message: string): void
}

/** What a person said, and what went along with it. */
export function requestView(message: Message, actions: Actions) {
  return html`<article class="said" aria-label="You">
    <p class="text" dir="auto">${textOf(message.parts)}</p>
    ${wentAlong(message.parts)}
    <footer class="quiet-actions">
      ${branches(message, actions)}
      <button type="button" @click=${() => void copy(textOf(message.parts))}>Copy</button>
      <button type="button" ?disabled=${actions.isAnswering} @click=${() => actions.edit(message)}>
        Edit
      </button>
      ${since(message.createdAt)}
    </footer>
  </article>`
}

/** What was answered: text, thoughts, calls of tools, and how it ended. */
export function answerView(message: Message, actions: Actions) {
  const isLive = message.state === 'running' || message.state === 'waiting'
  const last = message.parts.at(-1)
  const isSilent = isLive && (last === undefined || last.type === 'step-start' || isEnded(last))
  // Only a call that a person typed is answered without a model.
  const isTyped = message.model === undefined
  return html`<article class="answer" aria-label="Answer" aria-busy=${isLive}>
    ${repeat(message.parts, keyOf, (part) => guard([part, isLive, isTyped], () => partView(part, isLive, isTyped)))}
    ${isSilent ? html`<p class="thinking">Thinking<span class="dots" aria-hidden="true">…</span></p>` : nothing}
    ${ending(message)} ${isLive ? nothing : answerActions(message, actions)}
  </article>`
}

function partView(part: ChatPart, isLive: boolean, isTyped: boolean) {
  switch (part.type) {
    case 'text':
      return html`<sy-markdown
        dir="auto"
        .text=${part.text}
        .level=${3}
        .idLink=${placeOf}
        .streaming=${isLive && part.state === 'streaming'}
      ></sy-markdown>`
    case 'reasoning':
      return html`<details class="thoughts">
        <summary>${isLive && part.state === 'streaming' ? 'Thinking…' : 'Thoughts'}</summary>
        <p class="text" dir="auto">${part.text}</p>
      </details>`
    case 'dynamic-tool':
      return toolCard(part, isLive, isTyped)
    case 'steering-message':
      return html`<div class="meanwhile">
        <small>You, meanwhile</small>
        <p class="text" dir="auto">${part.parts.map(({ text }) => text).join('\n')}</p>
      </div>`
    case 'data-context':
      return sources(part.data)
    case 'data-notice':
      return html`<p class="notice-line" role="note">${part.data.text}</p>`
    case 'step-start':
    case 'data-attachment':
    case 'data-mention':
    case 'data-page':
      return nothing
  }
}

/** What was looked up for the answer, each to be opened. */
const sources = (items: ContextItem[]) =>
  items.length === 0
    ? nothing
    : html`<details class="sources">
        <summary>Read ${items.map(({ title, id }) => title ?? id).join(', ')}</summary>
        <ul class="plain">
          ${items.map((item) => {
            const place = placeOfThing(item)
            const name = item.title ?? item.id
            return html`<li>
              <small>${item.kind}</small>
              ${place === undefined ? name : html`<a href=${place}>${name}</a>`}
              ${item.error ? html`<span class="failed">${item.error}</span>` : nothing}
              ${item.text ? html`<pre class="output" tabindex="0">${item.text}</pre>` : nothing}
            </li>`
          })}
        </ul>
      </details>`

function ending({ state, error }: Message) {
  if (state === 'stopped') return html`<p class="notice-line">Stopped.</p>`
  if (state === 'interrupted')
    return html`<p class="notice-line">
      The hub ended meanwhile. What was said until then is kept; try again to go on.
    </p>`
  if (state !== 'failed') return nothing
  const { code = 'failed', message = 'The answer failed.', hint } = error ?? {}
  return problem(
    new ToolError({
      code: code as ToolError['body']['code'], // One of the hub's codes.
      message,
      ...(hint === undefined ? {} : { hint }),
    }),
  )
}

function answerActions(message: Message, actions: Actions) {
  const { model, usage, createdAt, endedAt } = message
  const others = actions.models.filter(({ name }) => name !== model)
  // The stream says it, and after that the list of what is there now.
  const kind = message.kind ?? actions.models.find(({ name }) => name === model)?.kind
  const text = textOf(message.parts)
  return html`<footer class="quiet-actions">
    ${branches(message, actions)}
    ${text === '' ? nothing : html`<button type="button" @click=${() => void copy(text)}>Copy</button>`}
    <button type="button" ?disabled=${actions.isAnswering} @click=${() => actions.again(message)}>
      Try again
    </button>
    ${
      others.length === 0
        ? nothing
        : html`<select
            aria-label="Try again with another model"
            ?disabled=${actions.isAnswering}
            @change=${(event: Event) => {
              const select = event.target as HTMLSelectElement // The listener sits on it.
              actions.again(message, select.value)
              select.value = ''
            }}
          >
            <option value="">with …</option>
            ${others.map(({ name, kind: other }) => html`<option value=${name}>${name} (${other})</option>`)}
          </select>`
    }
    <span>
      ${model ?? nothing}${kind && kind !== 'tool' ? html` <small class="badge">${kind}</small>` : nothing}
      ${usage && usage.inputTokens + usage.outputTokens > 0 ? html`<span title="${usage.inputTokens} read, ${usage.outputTokens} written">${usage.inputTokens + usage.outputTokens} tokens</span>` : nothing}
      ${!usage?.costUsd ? nothing : html`<span>$${usage.costUsd.toFixed(4)}</span>`}
      ${endedAt === undefined ? nothing : html`<span>${duration(endedAt - createdAt)}</span>`}
    </span>
  </footer>`
}

/** Which of several edits or answers is shown, and the way to the others. */
function branches({ id, siblings }: Message, { show }: Actions) {
  const at = siblings.indexOf(id)
  if (siblings.length < 2 || at < 0) return nothing
  const to = (place: number, sign: string, name: string) =>
    html`<button
      type="button"
      aria-label=${name}
      ?disabled=${siblings[place] === undefined}
      @click=${() => show(siblings[place] ?? id)}
    >
      ${sign}
    </button>`
  return html`<span class="branches" role="group" aria-label="Versions"
    >${to(at - 1, '‹', 'Version before')} ${at + 1} of ${siblings.length}
    ${to(at + 1, '›', 'Next version')}</span
  >`
}

export const textOf = (parts: ChatPart[]): string =>
  parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')

function keyOf(part: ChatPart, at: number): string {
  if (part.type === 'dynamic-tool') return part.toolCallId
  return `${part.type} ${'id' in part ? part.id : at}`
}

const isEnded = (part: ChatPart): boolean =>
  part.type === 'dynamic-tool'
    ? part.state.startsWith('output-')
    : 'state' in part && part.state === 'done'
