import { html, nothing } from 'lit'

/** Named values, a row each; what is more than a line is shown as it is. Everything in it is text. */
export function fieldsView(fields: Record<string, unknown>) {
  const rows = Object.entries(fields)
  if (rows.length === 0) return nothing
  return html`<dl class="fields">
    ${rows.map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
      return html`<dt>${name}</dt>
        <dd>${text.includes('\n') ? html`<pre tabindex="0">${text}</pre>` : text}</dd>`
    })}
  </dl>`
}
