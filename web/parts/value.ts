import { html, nothing } from 'lit'
import { bytes } from '../format.ts'
import type { JsonSchema } from '../mcp.ts'
import { href } from '../route.ts'
import { isDuration, span } from './milliseconds.ts'
import { label } from './form-shape.ts'
import { badge } from './state.ts'
import { since } from './time.ts'

/** Rows of a table, and entries of a list, that are drawn; what is beyond is said. */
const shownRows = 100
const shownColumns = 8
const shownTextChars = 20_000
const deepest = 4

/** A value as its form suggests: a table of objects, named values, a list, a line. All of it is text. */
export function valueView(value: unknown, schema?: JsonSchema, name = '', depth = 0): unknown {
  if (value === undefined || value === null) return html`<span class="soft">none</span>`
  if (typeof value === 'string') return textView(value, name)
  if (typeof value === 'number') return numberView(value, name)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (depth >= deepest) return html`<code>${cut(JSON.stringify(value))}</code>`
  if (Array.isArray(value)) return listView(value, schema?.items, depth)
  const entries = Object.entries(value)
  if (entries.length === 0) return html`<span class="soft">nothing</span>`
  // An answer that is one list is that list.
  const lists = entries.filter(([, one]) => Array.isArray(one))
  const [only] = lists
  if (depth === 0 && only && lists.length === 1 && entries.length <= 2)
    return html`${valueView(only[1], schema?.properties?.[only[0]], only[0], depth)}
    ${
      entries.length === 2
        ? namedView(
            entries.filter((one) => one[0] !== only[0]),
            schema,
            depth,
          )
        : nothing
    }`
  return namedView(entries, schema, depth)
}

const namedView = (entries: [string, unknown][], schema: JsonSchema | undefined, depth: number) =>
  html`<dl class="fields">
    ${entries.map(([name, one]) => {
      const own = schema?.properties?.[name]
      return html`<dt title=${own?.description ?? nothing}>
          ${label(name, typeof one === 'number')}
        </dt>
        <dd>${valueView(one, own, name, depth + 1)}</dd>`
    })}
  </dl>`

function listView(items: unknown[], schema: JsonSchema | undefined, depth: number): unknown {
  if (items.length === 0) return html`<span class="soft">none</span>`
  const shown = items.slice(0, shownRows)
  const more = items.length - shown.length
  const rest = more > 0 ? html`<p class="soft">${more} more are in the JSON</p>` : nothing
  if (!shown.every(isObject)) {
    if (shown.every(isShort)) return html`${shown.join(', ')}${rest}`
    return html`<ul>
        ${shown.map((one) => html`<li>${valueView(one, schema, '', depth + 1)}</li>`)}
      </ul>
      ${rest}`
  }
  const columns = columnsOf(shown)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table">
      <table>
        <thead>
          <tr>
            ${columns.map((name) => html`<th scope="col" title=${schema?.properties?.[name]?.description ?? nothing}>${label(name, typeof shown[0]?.[name] === 'number')}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (row) =>
              html`<tr>
                ${columns.map((name) => html`<td>${row[name] === undefined ? '' : cellView(row[name], name)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${rest}`
}

const tellingNames = ['state', 'title', 'name', 'path']

/** What tells most comes first, then what can be read in a cell; the rest is in the JSON. */
function columnsOf(rows: Record<string, unknown>[]): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const isPlain = (name: string) => rows.some((row) => typeof row[name] !== 'object')
  const rank = (name: string) =>
    tellingNames.includes(name)
      ? tellingNames.indexOf(name)
      : tellingNames.length + (isPlain(name) ? 0 : 1)
  return names.toSorted((a, b) => rank(a) - rank(b)).slice(0, shownColumns)
}

function cellView(value: unknown, name: string): unknown {
  if (value === null) return ''
  if (typeof value === 'object') return html`<code>${cut(JSON.stringify(value))}</code>`
  if (typeof value === 'string' && (value.length > shownChars || value.includes('\n')))
    return cut(value)
  return valueView(value, undefined, name)
}

function textView(text: string, name: string): unknown {
  if (name === 'state' || name === 'outcome') return badge(text)
  const place = placeOf(text)
  if (place !== undefined) return html`<a href=${place}>${text}</a>`
  return text.includes('\n') ? longText(text) : text
}

/** A text of many lines, as far as anybody reads it here. */
export const longText = (text: string) =>
  html`<pre class="output" tabindex="0">
${text.slice(0, shownTextChars)}${text.length > shownTextChars ? '\n…' : ''}</pre>`

/** The page of an id, where the id says what it is of. */
export function placeOf(id: string): string | undefined {
  const noun = /^(task|change|plan)-[0-9a-z]{11}-[0-9a-z]{5}$/.exec(id)?.[1]
  return noun === undefined ? undefined : href(`${noun}s`, id)
}

/** Instants are named `…At`, as everywhere in this hub. */
function numberView(value: number, name: string): unknown {
  if (/(At|^at)$/.test(name) && value > 1e12) return since(value)
  if (isDuration(name)) return span(value)
  return name.endsWith('Bytes') ? bytes(value) : String(value)
}

const shownChars = 80
const cut = (text: string): string =>
  text.length > shownChars ? `${text.slice(0, shownChars)}…` : text

const isShort = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && value.length < 60)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
