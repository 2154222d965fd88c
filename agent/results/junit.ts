import { basename } from 'node:path'
import type { FailedTest, TestReport } from '../../schemas/report.ts'
import { readXml } from './xml.ts'
import type { Element } from './xml.ts'

type Case = {
  element: Element
  outcome: 'passed' | 'failed' | 'skipped'
  message: string
  /** What the failure says in full, where the line is found. */
  text: string
}

export const noTests = (): TestReport => ({
  total: 0,
  passed: 0,
  failed: 0,
  skipped: 0,
  durationMs: 0,
  failures: [],
})

const maxFailures = 20

/**
 * A JUnit report: the cases are counted, never the totals that suites claim, because suites nest and
 * tools disagree on whether an outer total includes the inner ones.
 */
export function readJunit(source: string): TestReport {
  const report = noTests()
  let seconds = 0
  let current: Case | undefined
  readXml(source, {
    open(element) {
      if (element.name === 'testcase')
        current = { element, outcome: 'passed', message: '', text: '' }
      if (!current) return
      if (element.name === 'failure' || element.name === 'error') current.outcome = 'failed'
      else if (element.name === 'skipped' && current.outcome === 'passed')
        current.outcome = 'skipped'
    },
    close(element) {
      if (!current) return
      if (element.name === 'failure' || element.name === 'error') {
        current.text ||= element.text
        current.message ||= element.attributes.message || element.text.trim()
      }
      if (element.name !== 'testcase') return
      report.total++
      report[current.outcome]++
      seconds += Math.max(0, Number(element.attributes.time ?? 0)) || 0
      if (current.outcome === 'failed' && report.failures.length < maxFailures)
        report.failures.push(failureOf(current))
      current = undefined
    },
  })
  return { ...report, durationMs: Math.round(seconds * 1000) }
}

/** vitest gives the file as the class, pytest and node as an attribute of its own. */
function failureOf({ element: { attributes }, message, text }: Case): FailedTest {
  const { name = '', classname = '' } = attributes
  const isPath = /^[^\s()]+\.\w{1,5}$/.test(classname) && /[/\\]|\.[cm]?[jt]sx?$/.test(classname)
  const named = attributes.file ?? (isPath ? classname : undefined)
  const place = placeIn(text, named)
  const file = named ?? place?.file
  // node:test names the class of a test outside of suites `test`, which says nothing.
  const hasOwner = classname !== '' && classname !== 'test' && !isPath
  const line = place?.line
  return {
    name: (hasOwner ? `${classname} › ${name}` : name).slice(0, 300),
    ...(file === undefined ? {} : { file: file.slice(0, 300) }),
    ...(line === undefined ? {} : { line }),
    ...(message ? { message: message.slice(0, 500) } : {}),
  }
}

/**
 * Where a trace says it went wrong: the first line in the given file, or without one in the first that
 * is neither the runtime's own nor a dependency. Where a test begins, which some tools tell, says less.
 */
function placeIn(text: string, file?: string): { file: string; line: number } | undefined {
  for (const [, path = '', line] of text.matchAll(/([^\s()'"<>]+\.[a-z]{1,5}):(\d{1,7})\b/gi)) {
    const isOwn =
      file === undefined ? !/^node:|node_modules/.test(path) : basename(path) === basename(file)
    if (isOwn) return { file: path, line: Number(line) }
  }
  return undefined
}

/** Several reports as one. */
export function addTests(a: TestReport, b: TestReport): TestReport {
  return {
    total: a.total + b.total,
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    durationMs: a.durationMs + b.durationMs,
    failures: [...a.failures, ...b.failures].slice(0, maxFailures),
  }
}
