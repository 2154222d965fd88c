import { html, nothing } from 'lit'
import type { Finding, Reports, Share } from '../../schemas/report.ts'
import { duration } from '../format.ts'
import { badge } from './state.ts'

/** Tests, coverage and findings as tools reported them: totals in front, what is wrong below. */
export function reportsView(reports: Reports | undefined, metrics: Record<string, number> = {}) {
  const numbers = Object.entries(metrics)
  if (!reports && numbers.length === 0) return nothing
  const { tests, coverage, findings, problems = [] } = reports ?? {}
  return html`<section class="reports">
    <h2>Results</h2>
    ${
      tests
        ? html`<p>
              ${badge(tests.failed > 0 ? 'failed' : 'passed')} <strong>Tests</strong>
              <span
                >${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped,
                ${duration(tests.durationMs)}</span
              >
            </p>
            ${list(
              tests.failures.map(
                ({ name, file, line, message }) =>
                  html`<strong>${name}</strong> ${place(file, line)} <span>${message ?? ''}</span>`,
              ),
            )}`
        : nothing
    }
    ${
      coverage
        ? html`<p>
              <strong>Coverage</strong>
              <span
                >lines
                ${percent(coverage.lines)}${coverage.branches ? `, branches ${percent(coverage.branches)}` : ''}</span
              >
            </p>
            ${more(
              'Least covered files',
              coverage.files.map(
                ({ path, lines }) =>
                  html`<code>${path}</code> <span>${percent(lines)} of ${lines.total} lines</span>`,
              ),
            )}`
        : nothing
    }
    ${
      findings
        ? html`<p>
              <strong>Findings</strong>
              <span
                >${findings.error} errors, ${findings.warning} warnings, ${findings.note}
                notes</span
              >
            </p>
            ${list(findings.items.map(finding))}`
        : nothing
    }
    ${
      numbers.length > 0
        ? html`<p><strong>Metrics</strong></p>
            ${list(numbers.map(([name, value]) => html`<code>${name}</code> <span>${value}</span>`))}`
        : nothing
    }
    ${list(problems.map((problem) => html`<span>Not read: ${problem}</span>`))}
  </section>`
}

const finding = ({ rule, level, message, path, line }: Finding) =>
  html`${badge(level)} <strong>${rule}</strong> ${place(path, line)} <span>${message}</span>`

const list = (entries: unknown[]) =>
  entries.length === 0
    ? nothing
    : html`<ul class="checks">
        ${entries.map((entry) => html`<li>${entry}</li>`)}
      </ul>`

const more = (title: string, entries: unknown[]) =>
  entries.length === 0
    ? nothing
    : html`<details>
        <summary>${title}</summary>
        ${list(entries)}
      </details>`

const place = (path: string | undefined, line: number | undefined) =>
  path === undefined ? nothing : html`<code>${line === undefined ? path : `${path}:${line}`}</code>`

const percent = ({ covered, total }: Share) =>
  total === 0 ? 'none' : `${((100 * covered) / total).toFixed(1)} %`
