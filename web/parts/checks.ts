import { html, nothing } from 'lit'
import type { CheckResult } from '../../schemas/task.ts'
import { duration } from '../format.ts'
import { badge } from './state.ts'

/** What the checks said, with the first failures. */
export const checksView = (checks: CheckResult[]) =>
  checks.length === 0
    ? nothing
    : html`<section>
        <h2>Checks</h2>
        ${checkList(checks)}
      </section>`

/** The same without a heading; what failed comes first. */
export const checkList = (checks: CheckResult[]) =>
  html`<ul class="checks" role="list">
    ${checks
      .toSorted((a, b) => rank(a) - rank(b))
      .map(
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
  </ul>`

const rank = ({ state }: CheckResult) => (state === 'failed' ? 0 : 1)
