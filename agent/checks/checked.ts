import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Reports, TestReport } from '../../schemas/report.ts'
import type { CheckResult } from '../../schemas/task.ts'
import type { Work } from '../attempt.ts'
import { collectReports } from '../results/collect.ts'
import { keepReports, makeReports } from '../results/reports.ts'
import type { Step } from './steps.ts'
import { reportFolder, runSteps } from './run.ts'

/** Globs of report files, relative to the workspace. */
export const ResultPatterns = z.array(z.string().min(1).max(200)).max(20)

/** `.switchyard/ci.yaml` of a repository. */
const CiSettings = z.strictObject({ results: ResultPatterns.default([]) })

/**
 * Runs steps and reads what they reported: how each ended, and their results in typed form. The files
 * are kept as artifacts, but not of checks that are only a round on the way.
 */
export async function runChecked(
  work: Work,
  root: string,
  steps: Step[],
  { patterns = [], keep = true }: { patterns?: string[]; keep?: boolean } = {},
): Promise<{ checks: CheckResult[]; reports: Reports | undefined }> {
  const folder = reportFolder(work)
  await rm(folder, { recursive: true, force: true }) // Of an earlier attempt or round.
  const sinceMs = Date.now()
  const counted: TestReport[] = []
  const checks = await runSteps(work, root, steps, counted)
  const all = [...patterns, ...(await ciSettings(root)).results]
  const { collected, problems } = await collectReports({ root, folder, patterns: all, sinceMs })
  if (keep) await keepReports(work, collected)
  const hasTests = collected.some(({ reading }) => reading.kind === 'tests')
  const printed = hasTests || counted.length > 0 ? [] : printedTests(checks)
  return { checks, reports: makeReports(collected, problems, [...counted, ...printed]) }
}

/** Without a report: what runners printed about themselves. */
const printedTests = (checks: CheckResult[]): TestReport[] =>
  checks.flatMap(({ counts, failures, durationMs }) =>
    counts
      ? [
          {
            total: counts.passed + counts.failed,
            ...counts,
            skipped: 0,
            durationMs,
            failures: counts.failed > 0 ? failures.map((name) => ({ name })) : [],
          },
        ]
      : [],
  )

async function ciSettings(root: string): Promise<z.infer<typeof CiSettings>> {
  const name = '.switchyard/ci.yaml'
  const text = await readFile(join(root, name), 'utf8').catch(() => undefined) // Most have none.
  if (text === undefined) return { results: [] }
  let value: unknown
  try {
    value = parse(text, { maxAliasCount: 0 })
  } catch (error) {
    throw new HubError('invalid', `${name} is not YAML: ${String(error).slice(0, 300)}`)
  }
  const parsed = CiSettings.safeParse(value)
  if (parsed.success) return parsed.data
  throw new HubError('invalid', `${name}: ${z.prettifyError(parsed.error)}`, {
    hint: 'It may hold `results`, a list of paths or globs of report files.',
  })
}
