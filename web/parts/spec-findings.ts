import { html, nothing } from 'lit'
import { badge } from './state.ts'

export type Findings = {
  ready: boolean
  findings: { level: 'error' | 'warning'; where: string; message: string }[]
  checklists: { document: string; done: number; total: number }[]
  hooks: Record<string, { extension?: string; command?: string; prompt?: string }[]>
}

/** What has to be settled before work begins, and what had better be. */
export function specFindings(
  { ready, findings, checklists, hooks }: Findings,
  to: (document: string) => string,
) {
  const named = Object.entries(hooks).filter(([, list]) => list.length > 0)
  return html`<p>
      ${badge(ready ? 'passed' : 'failed', ready ? 'ready' : 'not ready')}
      ${ready ? 'Nothing keeps work from beginning.' : 'What is marked as an error has to be settled first.'}
    </p>
    <ul class="plain findings" aria-label="Findings">
      ${findings.map(
        ({ level, where, message }) =>
          html`<li>
            ${badge(level === 'error' ? 'failed' : 'waiting', level)}
            <a href=${to(where.replace(/:\d+$/, ''))}><code>${where}</code></a> ${message}
          </li>`,
      )}
    </ul>
    ${checklists.length === 0 ? nothing : html`<h3>Checklists</h3>`}
    <ul class="plain">
      ${checklists.map(
        ({ document, done, total }) =>
          html`<li>
            <a href=${to(document)}>${document}</a>
            <progress max=${Math.max(1, total)} value=${done} aria-hidden="true"></progress>
            ${done} of ${total}
          </li>`,
      )}
    </ul>
    ${
      named.length === 0
        ? nothing
        : html`<h3>Hooks of extensions</h3>
            <p class="line">They are shown, and never run by the hub.</p>`
    }
    <ul class="plain">
      ${named.map(([when, list]) => html`<li>${when}: ${list.map(({ extension, command }) => html`<code>${command ?? extension ?? '?'}</code> `)}</li>`)}
    </ul>`
}
