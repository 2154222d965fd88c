import { html, nothing } from 'lit'

/** Named values, a row each; what is more than a line is shown as it is. Everything in it is text. */
export function fieldsView(fields: Record<string, unknown>) {
  const rows = rowsOf(fields, '')
  if (rows.length === 0) return nothing
  return html`<dl class="fields">
    ${rows.map(
      ([name, text]) =>
        html`<dt>${name}</dt>
          <dd>${text.includes('\n') ? html`<pre tabindex="0">${text}</pre>` : text}</dd>`,
    )}
  </dl>`
}

const lineChars = 80

/** Fields of a field are rows of their own, so that a text in them keeps its lines. */
function rowsOf(fields: object, prefix: string): [string, string][] {
  return Object.entries(fields).flatMap(([key, value]: [string, unknown]): [string, string][] => {
    const name = prefix + key
    if (typeof value === 'string') return [[name, value]]
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isObject && Object.keys(value).length > 0) return rowsOf(value, `${name}.`)
    const line = JSON.stringify(value)
    return [[name, line.length > lineChars ? JSON.stringify(value, null, 2) : line]]
  })
}
