import { html, nothing } from 'lit'
import type { JsonSchema, ToolAnswer } from '../mcp.ts'
import './answer.css'
import './page-bar.css'
import { label } from './form-shape.ts'
import { badge } from './state.ts'
import { since } from './time.ts'

/** Rows of a table, and entries of a list, that are drawn; what is beyond is said. */
const shownRows = 100
const shownColumns = 8
const deepest = 4

/** What a tool answered: by its fields where it has a structure, else its texts; as JSON on request. */
export function answerView({ structuredContent, content = [] }: ToolAnswer, schema?: JsonSchema) {
  const texts = content.filter(({ type }) => type !== 'image')
  const json = JSON.stringify(structuredContent ?? content, null, 2)
  return html`<div class="answer">
    ${
      structuredContent === undefined
        ? texts.map(({ type, text, uri }) =>
            text === undefined
              ? html`<p class="soft">${type} ${uri ?? ''}</p>`
              : html`<pre tabindex="0">${text}</pre>`,
          )
        : valueView(structuredContent, schema)
    }
    ${content.map(({ type, data, mimeType }) => (type === 'image' && data !== undefined ? image(data, mimeType) : nothing))}
    <details>
      <summary>JSON</summary>
      <pre tabindex="0">${json}</pre>
    </details>
  </div>`
}

/** Pictures only, of the kinds that run nothing. */
const image = (data: string, mimeType = '') =>
  /^image\/(png|jpeg|gif|webp)$/.test(mimeType) && /^[A-Za-z0-9+/=]*$/.test(data)
    ? html`<img src="data:${mimeType};base64,${data}" alt="Picture in the answer" />`
    : nothing

/** A value as its form suggests: a table of objects, named values, a list, a line. All of it is text. */
function valueView(value: unknown, schema?: JsonSchema, name = '', depth = 0): unknown {
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
      return html`<dt title=${own?.description ?? nothing}>${label(name)}</dt>
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
            ${columns.map((name) => html`<th scope="col" title=${schema?.properties?.[name]?.description ?? nothing}>${label(name)}</th>`)}
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

/** What most rows have and can be read in a cell comes first; the rest is in the JSON. */
function columnsOf(rows: Record<string, unknown>[]): string[] {
  const counts = new Map<string, number>()
  for (const row of rows)
    for (const name of Object.keys(row)) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts.keys()].slice(0, shownColumns)
}

function cellView(value: unknown, name: string): unknown {
  if (typeof value === 'object' && value !== null)
    return html`<code>${cut(JSON.stringify(value))}</code>`
  if (typeof value === 'string' && value.length > shownChars) return cut(value)
  return valueView(value, undefined, name)
}

function textView(text: string, name: string): unknown {
  if (name === 'state' || name === 'outcome') return badge(text)
  return text.includes('\n') ? html`<pre tabindex="0">${text}</pre>` : text
}

/** Instants are named `…At`, as everywhere in this hub. */
const numberView = (value: number, name: string): unknown =>
  /(At|^at)$/.test(name) && value > 1e12 ? since(value) : String(value)

const shownChars = 80
const cut = (text: string): string =>
  text.length > shownChars ? `${text.slice(0, shownChars)}…` : text

const isShort = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && value.length < 60)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
