import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { numberOf } from '../../../servers/kit/features.ts'
import { choosePrefix, cleanName, fitName, slugOf } from '../../../servers/spec-kit/naming.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { writeFiles } from '../../helpers/repo.ts'
import { textShown } from '../../helpers/raw-mcp.ts'
import { makeSpecProject } from '../../helpers/spec-project.ts'

test.each([
  ['Add user authentication with OAuth2', 'user-authentication-oauth2'],
  ['I want to fix the UI of my app', 'fix-ui-app'],
  ['go', 'go'],
  ['Benutzeranmeldung für Gäste prüfen', 'benutzeranmeldung-für-gäste-prüfen'],
  ['Show four telling words please', 'show-four-telling'],
  ['--- ???', ''],
])('the slug of %j is %j', (description, slug) => expect(slugOf(description)).toBe(slug))

test('numbers go on after the highest, and a taken one is corrected', () => {
  const folders = ['001-a', '007-b', '1000-c', '20260101-120000-d', 'notes']
  expect(choosePrefix(folders, undefined)).toEqual({ prefix: '1001', corrected: false })
  expect(choosePrefix(folders, 7)).toEqual({ prefix: '1001', corrected: true })
  expect(choosePrefix(folders, 8)).toEqual({ prefix: '008', corrected: false })
  expect([numberOf('20260101-120000-d'), numberOf('07-x'), numberOf('007-b')]).toEqual([
    undefined,
    undefined,
    7,
  ])
  expect(cleanName('  My -- Feature! ')).toBe('my-feature')
  expect(Buffer.byteLength(fitName('001', 'ä'.repeat(200)))).toBeLessThanOrEqual(244)
})

test('a feature is made from the layers of templates, numbered, and feature.json is not touched', async () => {
  const hub = await startHub()
  const at = await makeSpecProject(hub, {
    '.specify/presets/.registry': JSON.stringify({
      presets: { house: { priority: 5 }, off: { enabled: false, priority: 1 } },
    }),
    '.specify/presets/house/preset.yml':
      'provides:\n  templates:\n    - { type: template, name: spec-template, file: s.md, strategy: wrap }\n',
    '.specify/presets/house/s.md': 'before\n{CORE_TEMPLATE}after\n',
    '.specify/presets/off/templates/spec-template.md': 'never\n',
    '.specify/feature.json': '{"feature_directory":"specs/001-login"}\n',
  })
  const create = { repo: at.repo, description: 'Export the invoices as CSV' }
  expect(await hub.call('spec_create', { ...create, dry_run: true })).toMatchObject({
    feature: '002-export-invoices-csv',
    created: false,
  })
  expect(existsSync(join(at.repo, 'specs/002-export-invoices-csv'))).toBe(false)
  const made = await hub.call<{ feature: string; template: string[] }>('spec_create', create)
  expect(made).toMatchObject({
    template: ['.specify/presets/house/s.md', '.specify/templates/spec-template.md'],
  })
  expect(readFileSync(join(at.repo, 'specs/002-export-invoices-csv/spec.md'), 'utf8')).toBe(
    'before\n# Feature Specification: [FEATURE NAME]\nafter\n',
  )
  expect(readFileSync(join(at.repo, '.specify/feature.json'), 'utf8')).toBe(
    '{"feature_directory":"specs/001-login"}\n',
  )
  expect(await hub.call('spec_create', { ...create, number: 1 })).toMatchObject({
    feature: '003-export-invoices-csv',
    warnings: ['number 1 is in use; 003 was taken'],
  })
})

test('features are found by number and name, documents are read and patched in place', async () => {
  const hub = await startHub()
  const at = await makeSpecProject(hub)
  expect(await hub.call('spec_list', { repo: at.repo })).toMatchObject({
    items: [{ name: '001-login', title: 'Login', tasks: { open: 4, done: 1, other: 1 } }],
  })
  const read = await hub.call<{ parts: { etag: string; text: string }[] }>('spec_read', {
    repo: at.repo,
    feature: '1',
    heading: ['Requirements'],
  })
  expect(read.parts[0]?.text).toMatch(/^## Requirements/)
  const patch = {
    repo: at.repo,
    feature: 'login',
    document: 'spec.md',
    heading: ['Requirements'],
    op: 'append',
    content: '- **FR-003**: More',
    if_match: read.parts[0]?.etag,
  }
  const file = join(at.repo, 'specs/001-login/spec.md')
  const before = readFileSync(file, 'utf8')
  expect(await hub.call('spec_patch', { ...patch, dry_run: true })).toMatchObject({
    diff: expect.stringContaining('+- **FR-003**: More') as string,
  })
  expect(readFileSync(file, 'utf8')).toBe(before)
  await hub.call('spec_patch', patch)
  expect(readFileSync(file, 'utf8')).toBe(`${before.trimEnd()}\n- **FR-003**: More\n`)
  expect(await failure(hub.call('spec_patch', patch))).toMatchObject({ code: 'conflict' })
  expect(
    await failure(
      hub.call('spec_patch', { ...patch, if_match: undefined, heading: ['Requirement'] }),
    ),
  ).toMatchObject({ code: 'not_found', hint: 'Did you mean "Requirements"?' })
  expect(
    await failure(hub.call('spec_patch', { ...patch, if_match: undefined, op: 'replace' })),
  ).toMatchObject({ code: 'invalid' })
  expect(
    await hub.call('spec_patch', {
      repo: at.repo,
      feature: '1',
      document: 'plan.md',
      op: 'create',
    }),
  ).toMatchObject({ changed: true })
  expect(readFileSync(join(at.repo, 'specs/001-login/plan.md'), 'utf8')).toBe('# Plan\n')
})

test('a check names what is missing, and hooks are shown as data', async () => {
  const hub = await startHub()
  const at = await makeSpecProject(hub, {
    '.specify/extensions.yml':
      'hooks:\n  before_implement:\n    - extension: git\n      command: "touch /tmp/never"\n      enabled: true\n',
    'specs/001-login/checklists/ux.md': '- [x] CHK001 a\n- [ ] CHK002 b\n',
  })
  const checked = await hub.call<{
    ready: boolean
    findings: { where: string; message: string }[]
  }>('spec_check', at)
  expect(checked).toMatchObject({
    ready: false,
    hooks: { before_implement: [{ extension: 'git' }] },
    checklists: [{ done: 1, total: 2 }],
  })
  expect(checked.findings.map(({ where }) => where)).toEqual(
    expect.arrayContaining(['plan.md', 'spec.md:12', 'tasks.md:21', 'spec.md:7']),
  )
  const traced = await hub.call<{
    items: { ref: string; tasks: { id: string }[] }[]
    uncovered: string[]
  }>('spec_trace', at)
  expect(traced.items.find(({ ref }) => ref === 'US1')?.tasks.map(({ id }) => id)).toEqual([
    'T004',
    'T005',
    'T006',
  ])
  expect(traced.uncovered).toEqual(['US3', 'FR-002', 'SC-001'])
  const shown = await textShown(hub, 'spec_trace', at)
  expect(shown).toMatch(/^3 of 6 have tasks, 3 have none\n.*\nUS3/)
  expect(await textShown(hub, 'spec_trace', { ...at, ref: 'US1' })).toMatch(/^1 of 1 have tasks\n/)
  expect(await textShown(hub, 'spec_task_list', at)).toMatch(/^T005 \|.*\| US1 US2 \|/m)
  expect(await failure(hub.call('spec_trace', { ...at, ref: 'FR-999' }))).toMatchObject({
    code: 'not_found',
  })
})

test('paths and links that lead out are refused, and binary or broken files are named', async () => {
  const hub = await startHub()
  const at = await makeSpecProject(hub, {
    'specs/002-bad/tasks.md': '- [ ] T001 a\0b\n',
    '.specify/extensions.yml': 'hooks: [unclosed',
  })
  const outside = makeFolder()
  writeFiles(outside, { 'secret.md': '# Secret\n' })
  symlinkSync(outside, join(at.repo, 'specs/003-link'))
  symlinkSync(join(outside, 'secret.md'), join(at.repo, 'specs/001-login/research.md'))
  const read = (feature: string, parts: string[]) =>
    hub.call('spec_read', { repo: at.repo, feature, parts })
  expect(await failure(read('001-login', ['../../README.md']))).toMatchObject({ code: 'denied' })
  expect(await failure(read('001-login', ['research.md']))).toMatchObject({ code: 'denied' })
  expect(await failure(read('../..', ['README.md']))).toMatchObject({ code: 'not_found' })
  expect(
    await failure(hub.call('spec_task_list', { repo: at.repo, feature: '002-bad' })),
  ).toMatchObject({ code: 'unsupported' })
  expect(await failure(hub.call('spec_check', at))).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/extensions\.yml/) as string,
  })
})

test('links into the data directory of the hub are not followed, wherever they stand', async () => {
  const data = makeFolder('hub')
  const hub = await startHub({ data })
  const at = await makeSpecProject(hub)
  const own = await startHub({ data: join(at.repo, '.switchyard') })
  const token = join(at.repo, '.switchyard', 'token')
  symlinkSync(token, join(at.repo, 'specs/001-login/notes.md'))
  symlinkSync(token, join(at.repo, '.specify/templates/tasks-template.md'))
  symlinkSync(token, join(at.repo, '.specify/extensions.yml'))
  const { repo } = at
  await own.call('branch_create', { repo, branch: 'own' })
  const calls: [string, Record<string, unknown>][] = [
    ['spec_read', { ...at, parts: ['notes.md'] }],
    ['spec_patch', { ...at, document: 'tasks.md', op: 'create', dry_run: true }],
    ['spec_check', at],
    ['spec_list', { repo, project: '.switchyard' }],
  ]
  for (const [tool, args] of calls)
    expect(await failure(own.call(tool, args)), tool).toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/data directory/) as string,
    })
})
