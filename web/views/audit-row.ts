import { html, nothing } from 'lit'
import type { AuditItem } from '../../schemas/audit.ts'
import { PageElement } from '../element.ts'
import { exact } from '../format.ts'
import { fieldsView } from '../parts/fields.ts'
import { problem } from '../parts/problem.ts'
import { badge } from '../parts/state.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import { skeleton } from '../parts/skeleton.ts'

/** One call on record, with all that is kept of its arguments. */
class AuditRowView extends PageElement {
  static override properties = { seq: {}, back: {} }
  declare seq: string
  declare back: string
  readonly #row = new Query<{ items: AuditItem[] }>(this, () => {
    const seq = Number(this.seq)
    if (!Number.isSafeInteger(seq) || seq < 1) return undefined
    return { tool: 'audit_list', args: { seq, full: true, limit: 1 }, staleBy: () => false }
  })

  override render() {
    const { value, error, isLoading } = this.#row
    const row = value?.items[0]
    return html`<section class="opened" aria-label="Call ${this.seq}">
      <p><a href=${this.back}>Close</a></p>
      ${problem(error)}
      ${row ? rowView(row) : isLoading ? skeleton(2) : error ? nothing : html`<p class="empty">No row ${this.seq} is kept.</p>`}
    </section>`
  }
}

const rowView = (row: AuditItem) =>
  html`<h2>${badge(row.outcome)} <code>${row.tool}</code></h2>
    ${fieldsView({
      'called by': row.principal,
      at: exact(row.at),
      ...(row.subject === undefined ? {} : { about: row.subject }),
      ...(row.org === undefined ? {} : { org: row.org }),
      row: row.seq,
      ...(row.requestId === undefined ? {} : { request: row.requestId }),
      ...(row.hash === undefined ? {} : { digest: row.hash }),
    })}
    <h3>Arguments</h3>
    ${argumentsView(row.args)}
    <p class="line">
      ${row.subject === undefined ? nothing : html`<a href=${href('audit', undefined, { subject: row.subject })}>All about ${row.subject}</a>`}
      <a href=${href('audit', undefined, { principal: row.principal })}>All by ${row.principal}</a>
      <a href=${href('audit', undefined, { tool: row.tool })}>All of ${row.tool}</a>
    </p>`

/** Long arguments are cut when they are written down, and then are no JSON any more. */
function argumentsView(args: string) {
  try {
    const value = JSON.parse(args) as unknown
    if (typeof value === 'object' && value !== null) {
      if (Object.keys(value).length === 0) return html`<p class="empty">None.</p>`
      return fieldsView({ ...value })
    }
  } catch {
    // Shown as it is.
  }
  return html`<pre tabindex="0" class="arguments">${args}</pre>`
}

customElements.define('sy-audit-row', AuditRowView)
