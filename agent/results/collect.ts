import { glob, readFile, stat } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { insideRoot } from '../jail.ts'
import { readReport } from './read.ts'
import type { Reading } from './read.ts'

/** Where tools put their reports when nobody tells them otherwise. */
const usual = [
  '{junit,test-report,test-results,tests}*.xml',
  '{junit,reports,test-results,test-reports}/**/*.{xml,sarif}',
  '{target/surefire-reports,target/nextest,build/test-results}/**/*.xml',
  'packages/*/{junit,test-results,reports}/**/*.xml',
  '{lcov.info,coverage.lcov,coverage.xml,cobertura.xml,coverage.json}',
  'coverage/{lcov.info,cobertura-coverage.xml,coverage-summary.json}',
  'packages/*/coverage/{lcov.info,cobertura-coverage.xml,coverage-summary.json}',
  '*.sarif',
]

const maxFiles = 100
const maxBytes = 16 * 1024 * 1024
const skipped = new Set(['node_modules', '.git', '.venv', 'vendor'])

/** A report that was read, with its text as it is kept. */
export type Collected = { path: string; bytes: Buffer; reading: Reading }

/**
 * Reads what tools wrote since an instant, at the usual places, where `patterns` say, and in a folder
 * that they were told to write to. A file that lay there before, such as one in the repository, is no
 * result of this run.
 */
export async function collectReports(options: {
  root: string
  folder: string
  patterns: string[]
  sinceMs: number
}): Promise<{ collected: Collected[]; problems: string[] }> {
  const { root, folder, patterns, sinceMs } = options
  const collected: Collected[] = []
  const problems: string[] = []
  const found = [
    ...(await matches(root, [...usual, ...patterns])).map((name) => [root, name] as const),
    ...(await matches(folder, ['**/*'])).map((name) => [folder, name] as const),
  ]
  if (found.length > maxFiles)
    problems.push(`${found.length - maxFiles} more reports were left unread`)
  for (const [base, name] of found.slice(0, maxFiles)) {
    try {
      const path = await insideRoot(base, name)
      const { mtimeMs, size } = await stat(path)
      if (mtimeMs < sinceMs) continue
      if (size > maxBytes) {
        problems.push(`${name} has ${size} bytes, more than the ${maxBytes} that are read`)
        continue
      }
      const bytes = await readFile(path)
      const reading = readReport(name, bytes.toString('utf8'), root)
      if (reading) collected.push({ path: name, bytes, reading })
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return { collected, problems }
}

/** Files below a folder that match, each once, in a fixed order; a folder that is missing has none. */
export async function matches(root: string, patterns: string[]): Promise<string[]> {
  const names = new Set<string>()
  const found = glob(patterns, {
    cwd: root,
    exclude: (entry) => skipped.has(entry.name),
    withFileTypes: true,
  })
  for await (const entry of found) {
    if (entry.isFile()) names.add(relative(root, join(entry.parentPath, entry.name)))
    if (names.size > 10 * maxFiles) break
  }
  return [...names].sort()
}

/** A path as the name of an artifact. */
export const artifactName = (folder: string, path: string): string =>
  `${folder}/${path.replace(/[^\w. /-]/g, '_')}`.slice(0, 190) || basename(path)
