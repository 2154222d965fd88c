import type { Reports } from '../../schemas/report.ts'
import type { CheckResult } from '../../schemas/task.ts'
import type { Outcome, Work } from '../attempt.ts'
import { detectChecks } from '../checks/detect.ts'
import { ResultPatterns, runChecked } from '../checks/checked.ts'
import { reportLines } from '../results/reports.ts'
import { openWorkspace } from '../workspace/workspace.ts'

/** Template `ci`: the project's own checks, found and run as its developers would. */
export async function runCi(work: Work): Promise<Outcome> {
  const { lease } = work
  const space = await openWorkspace(work)
  const plan = await detectChecks(space.path)
  const only = Array.isArray(lease.task.params.only)
    ? lease.task.params.only.map(String)
    : undefined
  const checks = only ? plan.checks.filter((step) => only.includes(step.name)) : plan.checks
  if (checks.length === 0) {
    const known = plan.checks.map((step) => step.name).join(', ')
    const message = known
      ? `none of the checks asked for exists; there are: ${known}`
      : 'no checks were found: no package.json scripts, Python tests, Go or Rust module, or Makefile'
    return { outcome: 'failed', failure: { code: 'no_checks', message }, retryable: false }
  }
  const patterns = ResultPatterns.parse(lease.task.params.results ?? [])
  const steps = [...plan.setup, ...checks]
  const { checks: results, reports } = await runChecked(work, space.path, steps, { patterns })
  return checkedOutcome(work, results, reports)
}

/** Keeps what checks came to, and says how the task ends: failed where one of them is. */
export async function checkedOutcome(
  { lease }: Work,
  results: CheckResult[],
  reports: Reports | undefined,
): Promise<Outcome> {
  await lease.keep('checks.json', JSON.stringify(results, null, 2), 'application/json')
  const found = reportLines(reports)
  await lease.keep('report.md', report(lease.task.title, results, found), 'text/markdown')
  const failed = results.filter((check) => check.state === 'failed')
  const summary = [summaryLine(results), ...found].join('\n').slice(0, 8000)
  await lease.log.say(summary)
  const result = { summary, checks: results, ...(reports ? { reports } : {}) }
  if (failed.length === 0) return { outcome: 'succeeded', result }
  const message = [summary, ...failed.flatMap((check) => check.failures)].join('\n').slice(0, 8000)
  return {
    outcome: 'failed',
    failure: { code: 'checks_failed', message },
    result,
    retryable: false,
  }
}

export function summaryLine(results: CheckResult[]): string {
  const seconds = (results.reduce((sum, check) => sum + check.durationMs, 0) / 1000).toFixed(1)
  const parts = results.map((check) => {
    const counts = check.counts
      ? ` (${check.counts.passed} passed, ${check.counts.failed} failed)`
      : ''
    return `${check.name} ${check.state}${counts}`
  })
  return `${parts.join('; ')} in ${seconds} s`
}

function report(title: string, results: CheckResult[], found: string[]): string {
  const rows = results.map(
    ({ name, command, state, exitCode, durationMs }) =>
      `| ${name} | \`${command}\` | ${state} | ${exitCode ?? ''} | ${(durationMs / 1000).toFixed(1)} s |`,
  )
  const failures = results.flatMap((check) =>
    check.failures.map((line) => `- ${check.name}: ${line}`),
  )
  return [
    `# ${title}`,
    '',
    '| check | command | result | exit code | time |',
    '|---|---|---|---|---|',
    ...rows,
    ...(found.length > 0 ? ['', '## Results', '', ...found.map((line) => `- ${line}`)] : []),
    ...(failures.length > 0 ? ['', '## First failures', '', ...failures] : []),
    '',
  ].join('\n')
}
