import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { evict } from '../../../agent/checks/cache.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { startHub } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'
import { artifactText, logOf, runTask, textRead } from '../../helpers/run-task.ts'

const project = {
  'package.json': '{ "name": "sum", "type": "module", "scripts": { "test": "node --test" } }\n',
  'src/sum.js': 'export const sum = (a, b) => a - b\n',
  'test/sum.test.js':
    "import assert from 'node:assert'\nimport { test } from 'node:test'\nimport { sum } from '../src/sum.js'\ntest('adds', () => assert.equal(sum(2, 3), 5))\ntest('zero', () => assert.equal(sum(2, 0), 2))\n",
  // A report that lies in the repository is none of this run.
  'coverage/lcov.info': 'TN:\nSF:src/sum.js\nDA:1,1\nend_of_record\n',
}

test('ci reads what the tests report: the failing test by name, file and line', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo(project)
  const task = await runTask(hub, { template: 'ci', repo })
  expect(task.state).toBe('failed')
  const tests = task.result?.reports?.tests
  expect(tests).toMatchObject({ total: 2, passed: 1, failed: 1 })
  expect(tests?.failures).toEqual([
    expect.objectContaining({
      name: 'adds',
      file: 'test/sum.test.js',
      line: 4,
      message: '-1 == 5',
    }),
  ])
  expect(task.result?.reports?.coverage).toBeUndefined()
  expect(await artifactText(hub, task.id, 'reports/test.xml')).toContain('<testsuite')
  expect(await textRead(hub, task.id)).toContain(
    'tests: 2 in all, 1 passed, 1 failed, 0 skipped\n  failed: test/sum.test.js:4 adds: -1 == 5',
  )
})

test('ci reads reports that the project writes, where its settings say', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const sarif =
    '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"own"}},"results":[{"ruleId":"r","level":"warning","message":{"text":"odd"}}]}]}'
  const repo = await makeRepo({
    Makefile: `test:\n\tmkdir -p out && cp report.txt out/lint.json && mkdir -p coverage && cp lcov.txt coverage/lcov.info\n`,
    'report.txt': sarif,
    'lcov.txt': 'TN:\nSF:src/a.js\nDA:1,1\nDA:2,0\nend_of_record\n',
    '.switchyard/ci.yaml': 'results: [out/*.json]\n',
  })
  const task = await runTask(hub, { template: 'ci', repo })
  expect(task.state).toBe('succeeded')
  expect(task.result?.reports).toMatchObject({
    coverage: { lines: { covered: 1, total: 2 }, files: [{ path: 'src/a.js' }] },
    findings: { warning: 1, items: [{ rule: 'r', message: 'odd' }] },
  })
  expect(task.result?.summary).toContain('Coverage: 50.0 % of 2 lines')
})

// Four runs, each with an agent of its own.
test('a second run with the same lock file takes the install from the cache, another org does not', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await repoWithDependency()
  const request = { template: 'ci', repo }
  const taken = 'node_modules: 0.0 MB from the cache of an earlier run'
  const first = await runTask(hub, request)
  expect(first.result?.checks?.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'install passed',
    'test passed',
  ])
  const firstLog = await logOf(hub, first.id)
  expect(firstLog).toContain('$ npm ci')
  expect(firstLog).toContain('node_modules: 0.0 MB kept for later runs')
  const second = await runTask(hub, request)
  expect(second.state).toBe('succeeded')
  const secondLog = await logOf(hub, second.id)
  expect(secondLog).toContain(taken)
  expect(secondLog).not.toContain('$ npm ci')
  const foreign = await runTask(hub, { ...request, org: 'acme' })
  expect(await logOf(hub, foreign.id)).not.toContain(taken)
  writeFiles(repo, { '.npmrc': 'fund=false\n' })
  await commitAll(repo, 'what decides the install has changed')
  const changed = await runTask(hub, request)
  expect(await logOf(hub, changed.id)).not.toContain(taken)
})

/** A project with one dependency from a registry of the test's own. */
async function repoWithDependency(): Promise<string> {
  const made = makeFolder('left')
  writeFiles(made, {
    'package.json': '{ "name": "left", "version": "1.0.0", "main": "index.js" }',
    'index.js': 'module.exports = 1',
  })
  const npm = (cwd: string, ...args: string[]) => {
    const options = ['--no-audit', '--no-fund', '--cache', makeFolder('npm-cache')]
    const done = spawnSync('npm', [...args, ...options], { cwd, encoding: 'utf8' })
    expect(done.status, done.stderr).toBe(0)
  }
  npm(made, 'pack')
  const bytes = readFileSync(join(made, 'left-1.0.0.tgz'))
  const server = createServer((_request, response) => response.end(bytes)).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // It listens on a port.
  const manifest = {
    name: 'x',
    version: '1.0.0',
    scripts: { test: 'node -e "require(\'left\')"' },
    dependencies: { left: `http://127.0.0.1:${port}/left-1.0.0.tgz` },
  }
  const repo = await makeRepo({ 'package.json': JSON.stringify(manifest) })
  // Not synchronously: the registry is this process.
  const lock = spawn('npm', ['install', '--package-lock-only', '--no-audit'], { cwd: repo })
  expect(await once(lock, 'exit')).toEqual([0, null])
  await commitAll(repo, 'lock')
  return repo
}

test('the cache keeps within its bound: what was not used for longest goes first', async () => {
  const root = makeFolder('cache')
  mkdirSync(join(root, 'repo'))
  for (const [name, age] of [
    ['old.tar', 300],
    ['middle.tar', 200],
    ['new.tar', 100],
  ] as const) {
    writeFileSync(join(root, 'repo', name), 'x'.repeat(1000))
    const at = new Date(Date.now() - age * 1000)
    utimesSync(join(root, 'repo', name), at, at)
  }
  await evict(root, 2500)
  expect(readdirSync(join(root, 'repo')).sort()).toEqual(['middle.tar', 'new.tar'])
})
