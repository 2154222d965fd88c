import type { Reports, TestReport } from '../../schemas/report.ts'
import type { Work } from '../attempt.ts'
import { artifactName } from './collect.ts'
import type { Collected } from './collect.ts'
import { mediaTypeOf } from './keep.ts'
import { summarise } from './coverage.ts'
import type { FileCoverage } from './coverage.ts'
import { addTests } from './junit.ts'
import { countFindings } from './sarif.ts'

const maxKept = 20
const maxKeptBytes = 3 * 1024 * 1024

/** The typed results of a run: what was collected, and what a runner counted itself. */
export function makeReports(
  collected: Collected[],
  problems: string[],
  counted: TestReport[] = [],
): Reports | undefined {
  const readings = collected.map(({ reading }) => reading)
  const tests = [
    ...readings.flatMap((one) => (one.kind === 'tests' ? [one.tests] : [])),
    ...counted,
  ]
  const coverage = readings.flatMap((one) => (one.kind === 'coverage' ? one.files : []))
  const findings = readings.flatMap((one) => (one.kind === 'findings' ? one.findings : []))
  const logs = readings.some((one) => one.kind === 'findings')
  if (tests.length === 0 && coverage.length === 0 && !logs && problems.length === 0)
    return undefined
  return {
    ...(tests.length > 0 ? { tests: tests.reduce(addTests) } : {}),
    ...(coverage.length > 0 ? { coverage: summarise(distinct(coverage)) } : {}),
    ...(logs ? { findings: countFindings(findings) } : {}),
    files: collected.slice(0, 50).map(({ path }) => path.slice(0, 300)),
    problems: problems.slice(0, 10).map((problem) => problem.slice(0, 400)),
  }
}

/** Tools write one run in several formats, so a file is counted once, by who saw most of it run. */
function distinct(files: FileCoverage[]): FileCoverage[] {
  const byPath = new Map<string, FileCoverage>()
  for (const file of files) {
    const known = byPath.get(file.path)
    if (!known || file.lines.covered > known.lines.covered) byPath.set(file.path, file)
  }
  return [...byPath.values()]
}

/** Keeps the files as their tools wrote them. */
export async function keepReports({ lease }: Work, collected: Collected[]): Promise<void> {
  const small = collected.filter(({ bytes }) => bytes.length <= maxKeptBytes)
  for (const { path, bytes } of small.slice(0, maxKept))
    await lease.keepBytes(artifactName('reports', path), bytes, mediaTypeOf(path))
}

/** The results as lines of text, for summaries and change bodies. */
export function reportLines(reports: Reports | undefined): string[] {
  if (!reports) return []
  const { tests, coverage, findings, problems } = reports
  const skipped = tests && tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''
  const share = coverage && coverage.lines.total > 0 ? percent(coverage.lines) : undefined
  return [
    ...(tests ? [`Tests: ${tests.passed} passed, ${tests.failed} failed${skipped}`] : []),
    ...(share === undefined || !coverage
      ? []
      : [`Coverage: ${share} of ${coverage.lines.total} lines`]),
    ...(findings
      ? [`Findings: ${findings.error} errors, ${findings.warning} warnings, ${findings.note} notes`]
      : []),
    ...problems.map((problem) => `Not read: ${problem}`),
  ]
}

const percent = ({ covered, total }: { covered: number; total: number }) =>
  `${((100 * covered) / total).toFixed(1)} %`
