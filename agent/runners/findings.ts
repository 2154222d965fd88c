import type { Finding, FindingReport, Reports } from '../../schemas/report.ts'
import type { CheckResult, TaskResult } from '../../schemas/task.ts'
import type { Outcome, Work } from '../attempt.ts'
import { reportLines } from '../results/reports.ts'
import { countFindings, makeFinding, writeSarif } from '../results/sarif.ts'
import { summaryLine } from './ci.ts'
import type { Proposal } from './fixes.ts'

const maxArtifactChars = 2_500_000

/** Keeps findings as SARIF and in typed form, and says how the task ends by how grave they are. */
export async function findingsOutcome(
  { lease }: Work,
  found: {
    tool: string
    findings: Finding[]
    /** What could not be checked, and why. */
    problems: string[]
    checks: CheckResult[]
    failOn: 'error' | 'warning' | 'never'
    proposal?: Proposal | undefined
  },
): Promise<Outcome> {
  const { tool, problems, checks, failOn, proposal } = found
  const findings = found.findings.map(makeFinding)
  const sarif = writeSarif(tool, findings)
  await lease.keep(
    `${tool}.sarif`,
    sarif.length <= maxArtifactChars ? sarif : writeSarif(tool, findings.slice(0, 2000)),
    'application/sarif+json',
  )
  const reports: Reports = {
    findings: countFindings(findings),
    files: [`${tool}.sarif`],
    problems: problems.slice(0, 10).map((problem) => problem.slice(0, 400)),
  }
  const lines = [
    ...(proposal ? [proposal.summary] : []),
    ...(checks.length > 0 ? [summaryLine(checks)] : []),
    ...reportLines(reports),
  ]
  const summary = lines.join('\n').slice(0, 8000)
  await lease.log.say(summary)
  for (const { level, rule, message, path, line } of findings.slice(0, 100))
    await lease.log.say(`${level} ${rule}: ${path ?? ''}${line ? `:${line}` : ''} ${message}`)
  const result: TaskResult = {
    summary,
    reports,
    ...(checks.length > 0 ? { checks } : {}),
    ...(proposal ? { change: proposal.change } : {}),
  }
  if (proposal) return { outcome: 'proposed', result }
  const failed = checks.some(({ state }) => state === 'failed')
  if (!failed && !isGrave(reports.findings, failOn)) return { outcome: 'succeeded', result }
  return {
    outcome: 'failed',
    failure: { code: failed ? 'checks_failed' : 'findings', message: summary },
    result,
    retryable: false,
  }
}

function isGrave(
  counts: FindingReport | undefined,
  failOn: 'error' | 'warning' | 'never',
): boolean {
  const { error = 0, warning = 0 } = counts ?? {}
  return failOn === 'error' ? error > 0 : failOn === 'warning' ? error + warning > 0 : false
}
