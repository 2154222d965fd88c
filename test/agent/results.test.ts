import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GoTestOutput } from '../../agent/results/go-test.ts'
import { readReport } from '../../agent/results/read.ts'
import { makeReports, reportLines } from '../../agent/results/reports.ts'
import {
  countFindings,
  findingsOf,
  makeFinding,
  SarifLog,
  writeSarif,
} from '../../agent/results/sarif.ts'

// Each file is what the real tool wrote about a small project.
const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'reports', name), 'utf8')

const read = (name: string, root = '/tmp/fx') => readReport(name, fixture(name), root)
const counts = { total: 3, passed: 1, failed: 1, skipped: 1 }

test.each([
  ['node.xml', { name: 'sum › adds', file: 'node/test/sum.test.js', line: 5, message: '-1 == 5' }],
  [
    'vitest.xml',
    {
      name: 'sum > adds',
      file: 'sum.test.js',
      line: 3,
      message: 'expected -1 to be 5 // Object.is equality',
    },
  ],
  [
    'pytest.xml',
    {
      name: 'test_calc › test_bad',
      file: 'test_calc.py',
      line: 8,
      message: 'assert -1 == 5\n +  where -1 = add(2, 3)',
    },
  ],
])('%s: the tests, and what failed where', (name, failure) => {
  expect(read(name)).toMatchObject({ kind: 'tests', tests: { ...counts, failures: [failure] } })
})

test('go test -json: tests, subtests and a package that does not build; the log is for people', () => {
  const output = new GoTestOutput()
  const bytes = Buffer.from(fixture('go-test.jsonl'))
  // In pieces that end anywhere.
  let log = ''
  for (let at = 0; at < bytes.length; at += 100) log += output.add(bytes.subarray(at, at + 100))
  log += output.end()
  expect(output.report()).toMatchObject({
    total: 5,
    passed: 2,
    failed: 2,
    skipped: 1,
    failures: [
      { name: 'example.org/sum/broken', file: 'broken/b.go', line: 3 },
      { name: 'example.org/sum TestSum', file: 'sum_test.go', line: 7, message: 'wrong' },
    ],
  })
  expect(log).toContain('sum_test.go:7: wrong\n--- FAIL: TestSum')
  expect(log).not.toMatch(/=== RUN|"Action"/)
})

test.each([
  ['node.lcov', 'sum.js', { covered: 4, total: 6 }, { covered: 2, total: 3 }],
  ['c8-summary.json', 'node/sum.js', { covered: 4, total: 6 }, { covered: 2, total: 3 }],
  ['c8-cobertura.xml', 'sum.js', { covered: 4, total: 6 }, { covered: 2, total: 3 }],
  ['coverage-py.xml', 'calc.py', { covered: 11, total: 13 }, { covered: 1, total: 2 }],
  ['coverage-py.json', 'calc.py', { covered: 11, total: 13 }, { covered: 1, total: 2 }],
])('%s: what ran, and where the most is left', (name, path, lines, branches) => {
  const reading = read(name)
  if (!reading) throw new Error('it was not recognised')
  const report = makeReports([{ path: name, bytes: Buffer.alloc(0), reading }], [])
  expect(report?.coverage).toMatchObject({ lines, branches })
  expect(report?.coverage?.files[0]?.path).toBe(path)
})

test('a run that was written in two formats is counted once', () => {
  const both = ['node.lcov', 'c8-cobertura.xml'].map((name) => {
    const reading = read(name)
    if (!reading) throw new Error('it was not recognised')
    return { path: name, bytes: Buffer.alloc(0), reading }
  })
  expect(makeReports(both, [])?.coverage?.lines).toEqual({ covered: 4, total: 6 })
})

test('SARIF of a linter: rule, level, message and place', () => {
  const reading = read('ruff.sarif')
  expect(reading).toMatchObject({
    kind: 'findings',
    findings: [
      { rule: 'F401', level: 'error', path: 'py/lint.py', line: 1 },
      { rule: 'F821', level: 'error', path: 'py/lint.py', line: 2 },
    ],
  })
})

test('SARIF: a level comes from the rule, and suppressed or passed results are no findings', () => {
  const run = {
    tool: { driver: { name: 't', rules: [{ id: 'A', defaultConfiguration: { level: 'note' } }] } },
    results: [
      { ruleId: 'A', message: { text: 'a' } },
      { ruleIndex: 0, message: { markdown: 'b' }, level: 'error' },
      { ruleId: 'B', message: { text: 'c' } },
      { ruleId: 'A', message: { text: 'd' }, suppressions: [{ kind: 'inSource' }] },
      { ruleId: 'A', message: { text: 'e' }, kind: 'pass' },
    ],
  }
  const findings = findingsOf(SarifLog.parse({ version: '2.1.0', runs: [run] }))
  expect(findings.map(({ rule, level }) => `${rule} ${level}`)).toEqual([
    'A note',
    'A error',
    'B warning',
  ])
})

test('what is written as SARIF is read as the same findings', () => {
  const findings = [
    makeFinding({ rule: 'a', level: 'error', message: 'wrong', path: 'src/a b.ts', line: 3 }),
    makeFinding({ rule: 'b', level: 'note', message: 'odd' }),
  ]
  expect(readReport('x.sarif', writeSarif('scan', findings), '/r')).toEqual({
    kind: 'findings',
    findings,
  })
})

test('a report holds the gravest findings and the true totals', () => {
  const many = Array.from({ length: 100 }, (_, index) => ({
    rule: `r${index}`,
    level: index === 99 ? ('error' as const) : ('note' as const),
    message: 'm',
  }))
  const report = countFindings(many)
  expect(report).toMatchObject({ error: 1, note: 99 })
  expect(report.items).toHaveLength(30)
  expect(report.items[0]?.rule).toBe('r99')
})

const laughs = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`

test.each([
  ['an entity that would expand', `<testsuites>&b;</testsuites>`, /not well-formed/],
  [
    'an entity from a document type',
    `${laughs}<testsuite><testcase name="x">&b;</testcase></testsuite>`,
    undefined,
  ],
  ['nesting without end', `<testsuite>${'<a>'.repeat(200)}`, /nests them too deeply/],
  ['a file that was cut off', fixture('node.xml').slice(0, 900), /not well-formed/],
  ['an external entity', `<!DOCTYPE t SYSTEM "file:///etc/passwd"><testsuite/>`, undefined],
  ['a SARIF log that is no JSON', '{"version": "2.1.0", "runs": [', /not JSON/],
])('hostile: %s is refused or harmless', (_name, text, error) => {
  const name = text.startsWith('{') ? 'x.sarif' : 'x.xml'
  if (error) expect(() => readReport(name, text, '/r')).toThrow(error)
  else expect(JSON.stringify(readReport(name, text, '/r') ?? '')).not.toMatch(/root:|haha/)
})

test('long texts are cut and many failures counted, in little time', () => {
  const one = `<testcase name="${'n'.repeat(5000)}"><failure message="${'m'.repeat(90_000)}">x</failure></testcase>`
  const reading = readReport('x.xml', `<testsuite>${one.repeat(100)}</testsuite>`, '/r')
  if (reading?.kind !== 'tests') throw new Error('no tests')
  expect(reading.tests).toMatchObject({ total: 100, failed: 100 })
  expect(reading.tests.failures).toHaveLength(20)
  expect(JSON.stringify(reading).length).toBeLessThan(20_000)
})

test('other files are no reports', () => {
  for (const [name, text] of [
    ['pom.xml', '<project><name>x</name></project>'],
    ['package.json', '{"name": "x"}'],
    ['a.txt', 'SF: nothing'],
  ] as const)
    expect(readReport(name, text, '/r')).toBeUndefined()
})

test('the lines of a summary', () => {
  const reports = makeReports(
    ['node.xml', 'node.lcov', 'ruff.sarif'].map((path) => ({
      path,
      bytes: Buffer.alloc(0),
      reading: read(path)!,
    })),
    ['x.xml: broken'],
  )
  expect(reportLines(reports)).toEqual([
    'Tests: 1 passed, 1 failed, 1 skipped',
    'Coverage: 66.7 % of 6 lines',
    'Findings: 2 errors, 0 warnings, 0 notes',
    'Not read: x.xml: broken',
  ])
})
