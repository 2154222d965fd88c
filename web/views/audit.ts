import { html, nothing } from 'lit'
import type { AuditItem } from '../../schemas/audit.ts'
import { PageElement } from '../element.ts'
import { number, words } from '../format.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import '../parts/page-bar.css'
import { problem } from '../parts/problem.ts'
import { rows } from '../parts/rows.ts'
import { badge } from '../parts/state.ts'
import { since } from '../parts/time.ts'
import { go, href } from '../route.ts'
import './audit-row.ts'
import './audit.css'

type Verdict = {
  intact: boolean
  rows: number
  head: string
  brokenAt?: number
  checkpoint?: { seq: number; dropped: number }
}

const outcomes = ['ok', 'failed', 'denied', 'canceled', 'unknown']
const filters = ['tool', 'principal', 'subject', 'outcome', 'routine'] as const

/** Who called what with which outcome. What is sought, and the row that is open, are in the address. */
class Audit extends PageElement {
  static override properties = {
    thing: {},
    params: {},
    verdict: { state: true },
    error: { state: true },
    isChecking: { state: true },
  }
  declare thing: string | undefined
  declare params: URLSearchParams
  declare verdict: Verdict | undefined
  declare error: ToolError | undefined
  declare isChecking: boolean

  override render() {
    const sought = this.#sought()
    return html`<div class="page-bar">
        <h1>Audit</h1>
        <button class="end" ?disabled=${this.isChecking} @click=${this.#verify}>
          ${this.isChecking ? 'Checking…' : 'Verify the chain'}
        </button>
      </div>
      ${problem(this.error)} ${this.verdict ? verdictView(this.verdict) : nothing}
      <form class="filters" role="search" @submit=${this.#search} @change=${this.#search}>
        ${(['tool', 'principal', 'subject'] as const).map(
          (name) =>
            html`<input
              type="search"
              name=${name}
              aria-label=${`Only this ${name}`}
              placeholder=${name === 'principal' ? 'Caller' : name === 'tool' ? 'Tool' : 'Id it is about'}
              .value=${sought[name] ?? ''}
              autocomplete="off"
            />`,
        )}
        <select name="outcome" aria-label="Only this outcome">
          <option value="" .selected=${sought.outcome === undefined}>any outcome</option>
          ${outcomes.map((outcome) => html`<option .selected=${outcome === sought.outcome}>${outcome}</option>`)}
        </select>
        <label class="inline"
          ><input type="checkbox" name="routine" value="yes" .checked=${sought.routine === 'yes'} />
          heartbeats and logs</label
        >
        ${Object.keys(sought).length > 0 ? html`<a href=${href('audit')}>Clear</a>` : nothing}
      </form>
      <div class="trail" ?data-open=${this.thing !== undefined}>
        ${rows<AuditItem>({
          label: 'Audit trail',
          // The trail is shown as it was when it was opened: reading it must not make it move.
          asked: { tool: 'audit_list', args: argumentsOf(sought), staleBy: () => false },
          key: ({ seq }) => String(seq),
          row: (item) => this.#row(item),
          empty: html`<p class="empty">
            No call ${Object.keys(sought).length > 0 ? 'is like that' : 'is on record yet'}.
          </p>`,
          height: 40,
          current: this.thing,
        })}
        ${this.thing === undefined ? nothing : html`<sy-audit-row .seq=${this.thing} .back=${href('audit', undefined, sought)}></sy-audit-row>`}
      </div>`
  }

  #row({ seq, at, principal, tool, outcome, subject, args }: AuditItem) {
    return html`<a class="call" href=${href('audit', String(seq), this.#sought())}>
      ${badge(outcome)} <code>${tool}</code> <span>${principal}</span>
      <span class="soft args">${subject ?? said(args)}</span>
      <span class="soft">${since(at)}</span>
    </a>`
  }

  #sought(): Record<string, string> {
    return Object.fromEntries(
      filters.flatMap((name) => {
        const value = this.params.get(name)?.trim() ?? ''
        if (value === '' || (name === 'outcome' && !outcomes.includes(value))) return []
        return [[name, value]]
      }),
    )
  }

  readonly #search = (event: Event): void => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement // The listener sits on the form.
    const typed = [...new FormData(form)].flatMap(([name, value]) =>
      typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()]] : [],
    )
    go('audit', undefined, Object.fromEntries(typed) as Record<string, string>) // Pairs of texts.
  }

  readonly #verify = async (): Promise<void> => {
    this.isChecking = true
    this.error = this.verdict = undefined
    try {
      this.verdict = await callTool<Verdict>('audit_verify')
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.isChecking = false
    }
  }
}

/** Heartbeats and logs of agents are most of a trail; they are shown when asked for, by name or by hand. */
const argumentsOf = ({ routine, ...sought }: Record<string, string>): Record<string, unknown> => ({
  ...sought,
  ...(routine === 'yes' || sought.tool !== undefined ? {} : { routine: false }),
})

/** Arguments in a line, as people would say them; long ones were cut when they were written down. */
function said(args: string): string {
  try {
    return sayAll(JSON.parse(args) as unknown)
  } catch {
    return args.replaceAll(/["{}[\]]/g, ' ')
  }
}

function sayAll(value: unknown): string {
  if (Array.isArray(value)) return value.map(sayAll).join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, one]) => `${words(name)} ${sayAll(one)}`)
    .join(', ')
}

const verdictView = ({ intact, rows: checked, head, brokenAt, checkpoint }: Verdict) =>
  intact
    ? html`<p class="verdict-line" role="status">
        <b>✓ The chain is whole.</b> ${number(checked)} rows were checked.
        ${checkpoint ? html`${number(checkpoint.dropped)} older ones were removed by retention.` : nothing}
        <span class="soft"
          >Keep this head elsewhere, to notice a chain that was rewritten as a whole:</span
        >
        <code>${head}</code>
      </p>`
    : html`<p class="problem" role="alert">
        <b>The chain is broken at row ${brokenAt ?? '?'}.</b> Somebody changed the store behind the
        hub’s back, or the disk did. Keep a copy of it, and compare with a backup:
        <code>switchyard doctor</code> looks further.
      </p>`

customElements.define('sy-page-audit', Audit)
