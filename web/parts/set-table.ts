import { html, nothing } from 'lit'
import type { ListedNote } from './note.ts'
import { nameOf, noteHref, valueText } from './note.ts'

/** What a query set holds. */
export type RanSet = {
  name: string
  kind: 'base' | 'search' | 'inline'
  columns?: string[]
  rows: ListedNote[]
  total: number
  truncated: boolean
  summaries?: Record<string, unknown>
}

/** A query set as a table, with the columns of its base. */
export function setTable(
  { name, columns = [], rows, total, summaries = {} }: RanSet,
  vault: string,
) {
  const others = columns.filter((column) => !/^file\.(name|path|file)$/.test(column))
  return html`<header>
      <h2 class="title">${nameOf(name)}</h2>
      <p class="line">
        ${total}
        ${total === 1 ? 'note' : 'notes'}${rows.length < total ? `; the first ${rows.length} are shown` : nothing}
      </p>
    </header>
    <div class="scroll" tabindex="0" role="group" aria-label="Query set">
      <table>
        <thead>
          <tr>
            <th>Note</th>
            ${others.map((column) => html`<th>${column.replace(/^(note|formula)\./, '')}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ path, values = {}, line }) =>
              html`<tr>
                <td>
                  <a
                    href=${noteHref(vault, path, { set: name, ...(line === undefined ? {} : { line: String(line) }) })}
                    >${nameOf(path)}</a
                  >
                </td>
                ${others.map((column) => html`<td>${valueText(values[column])}</td>`)}
              </tr>`,
          )}
        </tbody>
        ${
          Object.keys(summaries).length === 0
            ? nothing
            : html`<tfoot>
                <tr>
                  <th>Summary</th>
                  ${others.map((column) => html`<td>${column in summaries ? valueText(summaries[column]) : ''}</td>`)}
                </tr>
              </tfoot>`
        }
      </table>
    </div>`
}
