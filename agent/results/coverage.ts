import { z } from 'zod'
import type { CoverageReport, Share } from '../../schemas/report.ts'
import { readXml } from './xml.ts'

/** What ran in one file. */
export type FileCoverage = { path: string; lines: Share; branches: Share }

const none = (): Share => ({ covered: 0, total: 0 })
const maxFiles = 20

/** Totals over all files, and those with the most left to run. */
export function summarise(files: FileCoverage[]): CoverageReport {
  const lines = sum(files.map((file) => file.lines))
  const branches = sum(files.map((file) => file.branches))
  const missing = ({ lines: { covered, total } }: FileCoverage) => total - covered
  return {
    lines,
    ...(branches.total > 0 ? { branches } : {}),
    files: files
      .filter((file) => missing(file) > 0)
      .sort((a, b) => missing(b) - missing(a) || a.path.localeCompare(b.path))
      .slice(0, maxFiles)
      .map((file) => ({ path: file.path.slice(0, 300), lines: file.lines })),
  }
}

/** lcov's tracefile: one record a file, a line a fact. */
export function readLcov(source: string): FileCoverage[] {
  const files: FileCoverage[] = []
  let file: FileCoverage | undefined
  let counted = false
  for (const line of source.split('\n')) {
    const split = line.indexOf(':')
    const [key, value] = [line.slice(0, split), line.slice(split + 1).trim()]
    if (key === 'SF') {
      file = { path: value, lines: none(), branches: none() }
      counted = false
    }
    if (!file) continue
    if (key === 'DA') count(file.lines, Number(value.split(',')[1]) > 0)
    if (key === 'BRDA') {
      counted = true
      count(file.branches, Number(value.split(',')[3]) > 0)
    }
    // Some tools give totals of branches and no list of them.
    if (key === 'BRF' && !counted) file.branches.total = whole(value)
    if (key === 'BRH' && !counted) file.branches.covered = whole(value)
    if (line.trim() === 'end_of_record') {
      files.push(file)
      file = undefined
    }
  }
  return files
}

/** Cobertura's XML, as coverage.py, istanbul and cargo-llvm-cov write it. */
export function readCobertura(source: string): FileCoverage[] {
  const files = new Map<string, FileCoverage>()
  let file: FileCoverage | undefined
  readXml(source, {
    open({ name, attributes, path }) {
      if (name === 'class') {
        const where = attributes.filename ?? attributes.name ?? ''
        file = files.get(where) ?? { path: where, lines: none(), branches: none() }
        files.set(where, file)
      }
      // Methods repeat the lines of their class.
      if (name !== 'line' || !file || path.includes('methods')) return
      count(file.lines, Number(attributes.hits) > 0)
      const [, covered, total] =
        /\((\d+)\/(\d+)\)/.exec(attributes['condition-coverage'] ?? '') ?? []
      file.branches.covered += whole(covered)
      file.branches.total += whole(total)
    },
    close({ name }) {
      if (name === 'class') file = undefined
    },
  })
  return [...files.values()]
}

const Counts = z.object({ total: z.int().min(0), covered: z.int().min(0) })

/** `coverage-summary.json` of istanbul, nyc, c8, jest and vitest: a key a file, and `total`. */
export const IstanbulSummary = z.record(
  z.string(),
  z.object({ lines: Counts, branches: Counts.optional() }),
)

/** `coverage json` of coverage.py. */
export const PythonCoverage = z.object({
  files: z.record(
    z.string(),
    z.object({
      summary: z.object({
        covered_lines: z.int().min(0),
        num_statements: z.int().min(0),
        covered_branches: z.int().min(0).default(0),
        num_branches: z.int().min(0).default(0),
      }),
    }),
  ),
})

export const ofIstanbul = (summary: z.infer<typeof IstanbulSummary>): FileCoverage[] =>
  Object.entries(summary)
    .filter(([path]) => path !== 'total')
    .map(([path, { lines, branches = none() }]) => ({ path, lines, branches }))

export const ofPython = ({ files }: z.infer<typeof PythonCoverage>): FileCoverage[] =>
  Object.entries(files).map(([path, { summary }]) => ({
    path,
    lines: { covered: summary.covered_lines, total: summary.num_statements },
    branches: { covered: summary.covered_branches, total: summary.num_branches },
  }))

const whole = (text: string | undefined): number => Math.max(0, Math.floor(Number(text ?? 0))) || 0

function count(share: Share, covered: boolean): void {
  share.total++
  if (covered) share.covered++
}

const sum = (shares: Share[]): Share =>
  shares.reduce(
    (all, { covered, total }) => ({ covered: all.covered + covered, total: all.total + total }),
    none(),
  )
