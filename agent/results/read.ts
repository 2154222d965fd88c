import { isAbsolute, relative } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import type { Finding, TestReport } from '../../schemas/report.ts'
import {
  IstanbulSummary,
  PythonCoverage,
  ofIstanbul,
  ofPython,
  readCobertura,
  readLcov,
} from './coverage.ts'
import type { FileCoverage } from './coverage.ts'
import { readJunit } from './junit.ts'
import { SarifLog, findingsOf } from './sarif.ts'

/** What one file says. */
export type Reading =
  | { kind: 'tests'; tests: TestReport }
  | { kind: 'coverage'; files: FileCoverage[] }
  | { kind: 'findings'; findings: Finding[] }

/**
 * Reads a report by what it holds, not by its name; undefined for a file that is none. Paths come out
 * relative to the workspace. A file that says it is a report and is broken is an error.
 */
export function readReport(name: string, text: string, root: string): Reading | undefined {
  const reading = recognise(name, text.replace(/^\uFEFF/, '').trimStart())
  if (!reading) return undefined
  const local = (path: string) => localPath(path, root)
  switch (reading.kind) {
    case 'tests': {
      const failures = reading.tests.failures.map((failure) =>
        failure.file === undefined ? failure : { ...failure, file: local(failure.file) },
      )
      return { kind: 'tests', tests: { ...reading.tests, failures } }
    }
    case 'coverage':
      return {
        kind: 'coverage',
        files: reading.files.map((file) => ({ ...file, path: local(file.path) })),
      }
    case 'findings':
      return {
        kind: 'findings',
        findings: reading.findings.map((finding) =>
          finding.path === undefined ? finding : { ...finding, path: local(finding.path) },
        ),
      }
  }
}

function recognise(name: string, text: string): Reading | undefined {
  if (text.startsWith('<')) return recogniseXml(text)
  if (text.startsWith('{')) return recogniseJson(name, text)
  if (/^(TN:|SF:)/m.test(text.slice(0, 4000)) && text.includes('end_of_record'))
    return { kind: 'coverage', files: readLcov(text) }
  return undefined
}

function recogniseXml(text: string): Reading | undefined {
  const start = text.slice(0, 20_000).replace(/<\?[^>]*\?>|<!--[\s\S]*?-->|<!DOCTYPE[^>[]*>/g, '')
  const root = /^\s*<([\w:.-]+)/.exec(start)?.[1]
  if (root === 'testsuites' || root === 'testsuite')
    return { kind: 'tests', tests: readJunit(text) }
  if (root === 'coverage') return { kind: 'coverage', files: readCobertura(text) }
  return undefined
}

function recogniseJson(name: string, text: string): Reading | undefined {
  const known = name.endsWith('.sarif') || /"(\$schema|runs|covered_lines|total)"/.test(text)
  if (!known) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new HubError('invalid', 'not JSON, or cut off', { cause: error })
  }
  const log = SarifLog.safeParse(value)
  if (log.success) return { kind: 'findings', findings: findingsOf(log.data) }
  if (name.endsWith('.sarif')) throw new HubError('invalid', 'not a log of SARIF 2.1.0')
  const istanbul = IstanbulSummary.safeParse(value)
  if (istanbul.success && 'total' in istanbul.data)
    return { kind: 'coverage', files: ofIstanbul(istanbul.data) }
  const python = PythonCoverage.safeParse(value)
  return python.success ? { kind: 'coverage', files: ofPython(python.data) } : undefined
}

function localPath(path: string, root: string): string {
  const plain = path.startsWith('file://') ? path.slice('file://'.length) : path
  if (!isAbsolute(plain)) return plain.replace(/^\.\//, '')
  const within = relative(root, plain)
  return within.startsWith('..') ? plain : within
}
