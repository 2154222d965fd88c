import { html, nothing } from 'lit'
import type { CheckResult } from '../../schemas/task.ts'
import { duration } from '../format.ts'
import { badge } from './state.ts'

/** What the checks said, with the first failures. */
export function checksView(checks: CheckResult[]) {
  if (checks.length === 0) return nothing
  return html`<section>
    <h2>Checks</h2>
    <ul class="checks">
      ${checks.map(
        (check) =>
          html`<li>
            ${badge(check.state)} <strong>${check.name}</strong> <code>${check.command}</code>
            <span
              >${check.counts ? `${check.counts.passed} passed, ${check.counts.failed} failed, ` : ''}${duration(check.durationMs)}</span
            >
            ${
              check.failures.length > 0
                ? html`<ul>
                    ${check.failures.map((failure) => html`<li class="failed">${failure}</li>`)}
                  </ul>`
                : nothing
            }
          </li>`,
      )}
    </ul>
  </section>`
}
