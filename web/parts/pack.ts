import { html, nothing } from 'lit'
import type { Packed } from '../../schemas/context.ts'
import { href } from '../route.ts'
import { trustMark } from './citation.ts'

/** What a pack held, as `context_pack` gives it and as a task keeps it. */
export type Pack = {
  query?: string
  text: string
  tokens: number
  state: 'ready' | 'reading' | 'empty'
  items: Packed[]
  omitted: { count: number; tokens?: number; cites?: string[] }
  degraded: string[]
}

const forms: Record<Packed['form'], string> = {
  text: 'in full',
  outline: 'in outline',
  citation: 'cited only',
}
const reasons = {
  reading: 'A source was still being read for the first time: later there may be more.',
  empty: 'Nothing was taken in yet.',
  ready: '',
}

/** The pieces of a pack with their size, what had no room, and the text itself. */
export function packView({ text, tokens, state, items, omitted, degraded }: Pack, most?: number) {
  const best = Math.max(1, ...items.map((item) => item.tokens))
  return html`<p class="pack-sum">
      <b>${tokens}</b> tokens${most === undefined ? nothing : html` of ${most}`}, ${items.length}
      ${items.length === 1 ? 'piece' : 'pieces'}${omitted.count > 0 ? html`, ${omitted.count} left out` : nothing}
    </p>
    ${[...(reasons[state] ? [reasons[state]] : []), ...degraded].map((note) => html`<p class="line warn">${note}</p>`)}
    ${items.length === 0 ? html`<p class="empty">It held nothing.</p>` : nothing}
    ${(['text', 'outline', 'citation'] as const).map((form) => {
      const some = items.filter((item) => item.form === form)
      return some.length === 0
        ? nothing
        : html`<h3>
              ${forms[form].replace(/^./, (letter) => letter.toUpperCase())}
              <span class="count">${some.length}</span>
            </h3>
            <ul class="pieces" aria-label=${forms[form]}>
              ${some.map((item) => piece(item, best))}
            </ul>`
    })}
    ${omitted.count === 0 ? nothing : leftOut(omitted)}
    <details class="help">
      <summary>The text as the model reads it</summary>
      <pre class="log preview" tabindex="0">${text}</pre>
    </details>`
}

const piece = ({ cite, source, path, line, trust, tokens }: Packed, best: number) =>
  html`<li>
    ${
      source
        ? html`<a href=${href('context', undefined, { source, path, line: String(line) })}
            >${cite}</a
          >`
        : cite
    }
    ${trustMark(trust)}
    <span class="size"
      ><meter max=${best} value=${tokens} aria-hidden="true"></meter> ${tokens} tokens</span
    >
  </li>`

const leftOut = ({ count, tokens, cites = [] }: Pack['omitted']) =>
  html`<h3>Left out <span class="count">${count}</span></h3>
    <p class="line">
      There was no room for
      ${count === 1 ? 'it' : 'them'}${tokens === undefined ? nothing : html`: ${tokens} tokens more`}.
      A larger pack holds more.
    </p>
    <ul class="pieces" aria-label="Left out">
      ${cites.map((cite) => html`<li>${cite}</li>`)}
      ${count > cites.length && cites.length > 0 ? html`<li class="soft">and ${count - cites.length} more</li>` : nothing}
    </ul>`
