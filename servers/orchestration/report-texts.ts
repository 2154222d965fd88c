import type { Finding, Reports, Share } from '../../schemas/report.ts'
import { lineText } from '../kit/table.ts'

// What a model reads of the results of a task: totals, and the first of what is wrong, a line each.

const shownEntries = 12
const messageChars = 200

export function reportsText(reports: Reports | undefined): string[] {
  if (!reports) return []
  const { tests, coverage, findings, problems } = reports
  return [
    ...(tests
      ? [
          `tests: ${tests.total} in all, ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`,
          ...tests.failures
            .slice(0, shownEntries)
            .map(({ name, file, line, message }) =>
              entry('failed', placed(file, line), name, message),
            ),
        ]
      : []),
    ...(coverage
      ? [
          `coverage: lines ${percent(coverage.lines)}${coverage.branches ? `, branches ${percent(coverage.branches)}` : ''}`,
          ...coverage.files
            .slice(0, shownEntries / 2)
            .map(({ path, lines }) => `  ${path}: ${percent(lines)} of ${lines.total}`),
        ]
      : []),
    ...(findings
      ? [
          `findings: ${findings.error} errors, ${findings.warning} warnings, ${findings.note} notes`,
          ...findings.items.slice(0, shownEntries).map(findingText),
        ]
      : []),
    ...problems.map((problem) => `not read: ${lineText(problem, messageChars)}`),
  ]
}

/** Numbers that were measured, in one line; nothing where there are none. */
export const metricsText = (metrics: Record<string, number> | undefined): string | undefined =>
  metrics &&
  Object.entries(metrics)
    .map(([name, value]) => `${name}=${Number(value.toPrecision(6))}`)
    .join(' ')

const findingText = ({ rule, level, message, path, line }: Finding): string =>
  entry(level, placed(path, line), rule, message)

const entry = (kind: string, place: string, name: string, message = '') =>
  `  ${kind}: ${place}${lineText(name, messageChars)}${message ? `: ${lineText(message, messageChars)}` : ''}`

const placed = (path: string | undefined, line: number | undefined): string =>
  path === undefined ? '' : `${path}${line === undefined ? '' : `:${line}`} `

const percent = ({ covered, total }: Share): string =>
  total === 0 ? 'none' : `${((100 * covered) / total).toFixed(1)} %`
