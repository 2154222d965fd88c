import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isAccepted, isExpression } from '../../../agent/scan/licences.ts'
import { readPackages } from '../../../agent/scan/packages.ts'
import { purlOf } from '../../../agent/scan/sbom.ts'
import { secretsIn } from '../../../agent/scan/secrets.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { startHub } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'
import { artifactText, logOf, runTask } from '../../helpers/run-task.ts'

// Made up, and put together here so that no scanner takes this file for a leak.
const token = ['ghp', 'q7Lz0XcV3bNm9KjH2gFdS5aP8oIuY1tReW4x'].join('_')
const awsKey = ['AKIA', 'Q3EGRT5YUK7PLMNB'].join('')

test('scan finds secrets, licences and packages, and never prints a secret', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo({
    'config.js': `const token = '${token}'\nconst fine = '${awsKey}' // switchyard:allow-secret\n`,
    'package-lock.json': JSON.stringify({
      lockfileVersion: 3,
      packages: {
        '': { name: 'x' },
        'node_modules/@s/a': {
          version: '1.0.0',
          license: 'MIT',
          integrity: `sha512-${'A'.repeat(86)}==`,
        },
        'node_modules/b': { version: '2.0.0', license: 'GPL-3.0-only' },
        'node_modules/b/node_modules/c': { version: '3.0.0' },
      },
    }),
    'Cargo.lock':
      '[[package]]\nname = "x"\nversion = "0.1.0"\n\n[[package]]\nname = "serde"\nversion = "1.0.2"\nsource = "registry+https://x"\nchecksum = "ab"\n',
  })
  const params = { advisories: false, denyLicences: ['GPL-3.0-only'] }
  const task = await runTask(hub, { template: 'scan', repo, params })
  expect(task.state).toBe('failed')
  const { findings, problems } = task.result?.reports ?? {}
  expect(findings?.items.map(({ rule, path, line }) => [rule, path, line])).toEqual([
    ['github-token', 'config.js', 1],
    ['licence', 'package-lock.json', undefined],
  ])
  expect(problems).toEqual([expect.stringMatching(/^licences of 2 packages not checked/)])
  const sbom = JSON.parse((await artifactText(hub, task.id, 'sbom.cdx.json')) ?? '') as {
    components: { purl: string }[]
  }
  expect(sbom.components.map(({ purl }) => purl)).toEqual([
    'pkg:cargo/serde@1.0.2',
    'pkg:npm/%40s/a@1.0.0',
    'pkg:npm/b@2.0.0',
    'pkg:npm/c@3.0.0',
  ])
  const sarif = (await artifactText(hub, task.id, 'scan.sarif')) ?? ''
  expect(sarif).toContain('github-token')
  for (const text of [sarif, await logOf(hub, task.id), JSON.stringify(task)])
    expect(text).not.toContain(token.slice(4, 20))
})

test('scan looks through the history where asked, and a baseline accepts what is known', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo({ 'a.env': `KEY=${awsKey}\n` })
  writeFiles(repo, { 'a.env': 'KEY=\n' })
  await commitAll(repo, 'gone')
  const params = { advisories: false, history: true }
  const now = await runTask(hub, { template: 'scan', repo, params: { advisories: false } })
  expect(now.state).toBe('succeeded')
  const past = await runTask(hub, { template: 'scan', repo, params })
  const [found] = past.result?.reports?.findings?.items ?? []
  expect(found).toMatchObject({ rule: 'aws-access-key', path: 'a.env' })
  const mark = /add ([0-9a-f]{16}) to/.exec(found?.message ?? '')?.[1]
  writeFiles(repo, { '.switchyard/secrets-baseline.txt': `${mark} revoked in March\n` })
  await commitAll(repo, 'baseline')
  expect((await runTask(hub, { template: 'scan', repo, params })).state).toBe('succeeded')
})

test('scan says what it could not check, and asks an OSV service for the rest', async () => {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes: Buffer) => (body += bytes.toString()))
    request.on('end', () => {
      if (request.url === '/v1/querybatch') {
        asked.push(JSON.parse(body))
        return response.end('{"results":[{"vulns":[{"id":"RUSTSEC-1"}]}]}')
      }
      response.end(
        '{"id":"RUSTSEC-1","summary":"overflow","database_specific":{"severity":"HIGH"}}',
      )
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const osv = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // It listens on a port.
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo({
    'Cargo.lock': '[[package]]\nname = "old"\nversion = "0.1.0"\nsource = "registry+x"\n',
    'package-lock.json':
      '{"name":"x","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"x","version":"1.0.0","dependencies":{"left":"1.0.0"}},"node_modules/left":{"version":"1.0.0"}}}',
    '.npmrc': 'registry=http://127.0.0.1:1/\n',
    'package.json': '{"name":"x","version":"1.0.0","dependencies":{"left":"1.0.0"}}',
  })
  const offline = await runTask(hub, { template: 'scan', repo })
  expect(offline.state).toBe('succeeded')
  expect(offline.result?.reports?.problems).toEqual([
    expect.stringMatching(/^package-lock\.json: advisories not checked: /),
    'advisories of 1 other packages not checked: pass osv for them',
  ])
  const task = await runTask(hub, { template: 'scan', repo, params: { osv } })
  expect(asked).toEqual([
    { queries: [{ package: { name: 'old', ecosystem: 'crates.io' }, version: '0.1.0' }] },
  ])
  expect(task.state).toBe('failed')
  expect(task.result?.reports?.findings?.items[0]).toMatchObject({
    rule: 'advisory',
    level: 'error',
    message: 'old 0.1.0: RUSTSEC-1, overflow',
  })
})

const ruleOf = (line: string) =>
  secretsIn(line, 'a.ts', 1)
    .map(({ finding }) => finding.rule)
    .join(' ')

test.each([
  [`x = "${token}"`, 'github-token'],
  [`aws ${awsKey}`, 'aws-access-key'],
  [['AKIA', 'IOSFODNN7EXAMPLE'].join(''), ''],
  ['-----BEGIN OPENSSH PRIVATE KEY-----', 'private-key'],
  ['postgres://me:Tr0ub4dor9zz@db.acme.io/x', 'password-in-url'],
  ['postgres://user:${PASSWORD}@localhost/x', ''],
  ['password = "kX9#mP2$vL5@nQ8w"', 'assigned-secret'],
  ['password: "aaaaaaaaaaaaaaaa"', ''],
  ['token: "your-token-goes-here"', ''],
  ['const tokenLimit = "maximum number"', ''],
  [`${token} # gitleaks:allow`, ''],
])('%s', (line, rule) => {
  expect(ruleOf(line)).toBe(rule)
})

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-only)', true],
  ['MIT AND GPL-3.0-only', false],
  ['Apache-2.0 WITH LLVM-exception', true],
  ['GPL-3.0-only', false],
  ['SEE LICENSE IN LICENSE.md', undefined],
  ['', undefined],
])('the licence %s', (text, accepted) => {
  expect(isAccepted(text, { allow: ['MIT', 'Apache-2.0'], deny: [] })).toBe(accepted)
  expect(isExpression(text)).toBe(accepted !== undefined)
})

test('a deny list alone refuses what it names', () => {
  const policy = { allow: [], deny: ['GPL-3.0-only'] }
  expect(isAccepted('ISC', policy)).toBe(true)
  expect(isAccepted('GPL-3.0-only AND MIT', policy)).toBe(false)
})

test('packages are read from the lock files of each ecosystem', async () => {
  const root = makeFolder()
  const files = {
    'go.mod':
      'module x\n\ngo 1.22\n\nrequire golang.org/x/text v0.3.0\n\nrequire (\n\tgithub.com/a/b v1.2.3 // indirect\n)\n',
    'requirements.txt': 'Flask_Login==0.6.3\nrequests>=2\n# x==1\n',
    'uv.lock':
      '[[package]]\nname = "own"\nversion = "0"\nsource = { editable = "." }\n\n[[package]]\nname = "idna"\nversion = "3.7"\nsource = { registry = "x" }\n',
    'pnpm-lock.yaml':
      "packages:\n  '@a/b@1.0.0':\n    resolution: {}\n  /c@2.0.0(d@1.0.0):\n    dev: true\n",
    'yarn.lock': '"@x/y@^1.0.0", "@x/y@^1.1.0":\n  version "1.1.0"\n\nz@~2:\n  version "2.0.1"\n',
    'old/package-lock.json':
      '{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","dependencies":{"b":{"version":"2.0.0"}}}}}',
    'broken/package-lock.json': '{',
  }
  writeFiles(root, files)
  const { packages, problems } = await readPackages(root, Object.keys(files))
  expect(packages.map((one) => purlOf(one))).toEqual([
    'pkg:golang/github.com/a/b@v1.2.3',
    'pkg:golang/golang.org/x/text@v0.3.0',
    'pkg:npm/%40a/b@1.0.0',
    'pkg:npm/%40x/y@1.1.0',
    'pkg:npm/a@1.0.0',
    'pkg:npm/b@2.0.0',
    'pkg:npm/c@2.0.0',
    'pkg:npm/z@2.0.1',
    'pkg:pypi/flask-login@0.6.3',
    'pkg:pypi/idna@3.7',
  ])
  expect(problems).toEqual([expect.stringMatching(/^broken\/package-lock\.json: /)])
})

test('the packages of this project are those that npm itself lists', async () => {
  const root = makeFolder()
  const own = join(import.meta.dirname, '..', '..', '..')
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(own, name), join(root, name))
  const { packages } = await readPackages(root, ['package-lock.json'])
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only']
  const npm = spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const { components } = JSON.parse(npm.stdout) as { components: { purl: string }[] }
  // npm leaves out optional packages of other platforms.
  const ours = new Set(packages.map((one) => purlOf(one)))
  const missing = components.map(({ purl }) => purl).filter((purl) => !ours.has(purl))
  expect(missing).toEqual([])
  expect(components.length).toBeGreaterThan(100)
})
