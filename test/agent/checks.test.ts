import { describe, expect, test } from 'vitest'
import { detectChecks } from '../../agent/checks/detect.ts'
import { readOutput } from '../../agent/checks/output.ts'
import { makeFolder } from '../helpers/folder.ts'
import { writeFiles } from '../helpers/repo.ts'

describe('what test runners print', () => {
  const cases: [string, string, { passed: number; failed: number }, string[]][] = [
    [
      'node:test',
      '✔ a (1ms)\n✖ b (2.5ms)\nℹ tests 2\nℹ pass 1\nℹ fail 1\n✖ failing tests:\n',
      { passed: 1, failed: 1 },
      ['b'],
    ],
    [
      'TAP of node:test',
      'ok 1 - a\nnot ok 2 - b\n# pass 1\n# fail 1\n',
      { passed: 1, failed: 1 },
      ['b'],
    ],
    [
      'vitest',
      ' FAIL  test/a.test.ts > adds\n      Tests  1 failed | 3 passed (4)\n',
      { passed: 3, failed: 1 },
      ['test/a.test.ts > adds'],
    ],
    [
      'jest',
      '  ● sum › adds\nTests:       1 failed, 2 passed, 3 total\n',
      { passed: 2, failed: 1 },
      ['sum › adds'],
    ],
    [
      'mocha',
      '  3 passing (10ms)\n  1 failing\n\n  1) sum adds:\n',
      { passed: 3, failed: 1 },
      ['sum adds:'],
    ],
    [
      'pytest',
      'FAILED tests/test_a.py::test_b - assert 1 == 2\n1 failed, 3 passed in 0.12s\n',
      { passed: 3, failed: 1 },
      ['tests/test_a.py::test_b - assert 1 == 2'],
    ],
    [
      'cargo',
      'test a::b ... FAILED\ntest result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n',
      { passed: 2, failed: 1 },
      ['a::b'],
    ],
    [
      'go',
      '--- FAIL: TestAdd (0.00s)\n    sum_test.go:8: wrong\nFAIL\n',
      { passed: 0, failed: 1 },
      ['TestAdd'],
    ],
    [
      'unittest',
      'FAIL: test_add (test_sum.T)\nRan 3 tests in 0.001s\n\nFAILED (failures=1)\n',
      { passed: 3, failed: 1 },
      ['test_add (test_sum.T)'],
    ],
  ]
  test.each(cases)('%s', (_name, output, counts, failures) => {
    expect(readOutput(output, false)).toEqual({ counts, failures })
  })

  test('colours do not hide the numbers', () => {
    expect(
      readOutput('\u001b[2m      Tests \u001b[22m \u001b[32m5 passed\u001b[39m (5)\n', true).counts,
    ).toEqual({ passed: 5, failed: 0 })
  })

  test('an unknown format gives the lines that look like errors', () => {
    expect(readOutput('compiling\nmain.c:3: error: expected ;\ndone\n', false)).toEqual({
      failures: ['main.c:3: error: expected ;'],
    })
  })
})

describe('checks of a project', () => {
  const plan = async (files: Record<string, string>) => {
    const root = makeFolder()
    writeFiles(root, files)
    const { setup, checks } = await detectChecks(root)
    return [...setup, ...checks].map((step) => step.command)
  }

  test('npm: lint, types and test, after an install when there is something to install', async () => {
    const scripts = { test: 'vitest', lint: 'eslint', typecheck: 'tsc', build: 'x' }
    expect(
      await plan({
        'package.json': JSON.stringify({ scripts, devDependencies: { vitest: '1' } }),
        'package-lock.json': '{}',
      }),
    ).toEqual(['npm ci --no-audit --no-fund', 'npm run lint', 'npm run typecheck', 'npm run test'])
    expect(
      await plan({
        'package.json': JSON.stringify({
          scripts: { test: 'echo "Error: no test specified" && exit 1' },
        }),
      }),
    ).toEqual([])
  })
  test('Python: pytest where tests use it, else unittest', async () => {
    expect(
      (await plan({ 'tests/test_a.py': 'def test_a():\n    pass\n', 'setup.py': '' })).at(-1),
    ).toMatch(/-m pytest -q$/)
    expect((await plan({ 'test_a.py': 'import unittest\n' })).at(-1)).toMatch(
      /-m unittest discover$/,
    )
  })
  test('Python: requirement files for tests and the test extra are installed', async () => {
    const project =
      '[project]\nname = "x"\n\n[project.optional-dependencies]\ndocs = []\ntest = ["pytest"]\n\n[tool.x]\n'
    const files = {
      'pyproject.toml': project,
      'requirements/tests.txt': '',
      'requirements/docs.txt': '',
      'tests/a.py': '',
    }
    expect((await plan(files))[0]).toMatch(
      /pip install --quiet pytest -r requirements\/tests\.txt -e '\.\[test\]'$/,
    )
  })
  test('runners are told to report, where that changes nothing else', async () => {
    const reporting = async (script: string, devDependencies = {}) => {
      const root = makeFolder()
      writeFiles(root, {
        'package.json': JSON.stringify({ scripts: { test: script }, devDependencies }),
      })
      return (await detectChecks(root)).checks[0]?.reporting?.('/r')
    }
    expect((await reporting('vitest run'))?.command).toBe(
      "npm run test -- --reporter=default --reporter=junit --outputFile.junit='/r/test.xml'",
    )
    expect((await reporting('node --test test/'))?.env?.NODE_OPTIONS).toContain(
      '--test-reporter=junit --test-reporter-destination="/r/test.xml"',
    )
    expect((await reporting('jest', { 'jest-junit': '16' }))?.env).toEqual({
      JEST_JUNIT_OUTPUT_FILE: '/r/test.xml',
    })
    for (const script of [
      'jest',
      'vitest run && vitest run --dir e2e',
      'vitest --reporter=verbose',
      'node --test --test-reporter=tap',
      'mocha',
    ])
      expect(await reporting(script), script).toBeUndefined()
  })
  test('an install is taken from the cache only where the lock file decides all of it', async () => {
    const cached = async (manifest: object, lock = '{}') => {
      const root = makeFolder()
      writeFiles(root, {
        'package.json': JSON.stringify({
          scripts: { test: 'node --test' },
          devDependencies: { a: '1' },
          ...manifest,
        }),
        'package-lock.json': lock,
      })
      return (await detectChecks(root)).setup[0]?.cache !== undefined
    }
    expect(await cached({})).toBe(true)
    expect(await cached({ workspaces: ['packages/*'] })).toBe(false)
    expect(await cached({ scripts: { test: 'node --test', postinstall: 'x' } })).toBe(false)
    expect(await cached({}, '{"packages": {"node_modules/a": {"link": true}}}')).toBe(false)
  })
  test('Go, Rust and Make', async () => {
    expect(await plan({ 'go.mod': 'module x' })).toEqual(['go vet ./...', 'go test ./...'])
    expect(await plan({ 'Cargo.toml': '' })).toEqual(['cargo test --quiet'])
    expect(
      await plan({ Makefile: 'lint: x\n\ttrue\ntest:\n\ttrue\ncheck: test\nVAR := 1\n' }),
    ).toEqual(['make lint', 'make test'])
  })
})
