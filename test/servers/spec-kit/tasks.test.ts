import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SpecTask } from '../../../schemas/spec.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { makeSpecProject } from '../../helpers/spec-project.ts'

type Listed = { etag: string; items: SpecTask[]; unparsed: { line: number }[] }

const evidence = { note: 'the tests of the form pass' }

test('ticking a task changes exactly one byte, asks for evidence, and is in the audit trail', async () => {
  const hub = await startHub()
  const at = await makeSpecProject(hub)
  const file = join(at.repo, 'specs/001-login/tasks.md')
  const before = readFileSync(file)
  const tick = { ...at, tasks: ['T002'], state: 'done' }
  expect(await failure(hub.call('spec_task_update', tick))).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/evidence/) as string,
  })
  expect(readFileSync(file)).toEqual(before)
  const done = await hub.call<{ etag: string; changed: string[] }>('spec_task_update', {
    ...tick,
    evidence,
  })
  expect(done.changed).toEqual(['T002'])
  const after = readFileSync(file)
  expect([...after].flatMap((byte, index) => (byte === before[index] ? [] : [index]))).toHaveLength(
    1,
  )
  expect(after).toHaveLength(before.length)
  expect(await hub.call('spec_task_update', { ...tick, evidence })).toMatchObject({
    changed: [],
    unchanged: ['T002'],
    etag: done.etag,
  })
  const { items } = await hub.call<{ items: { tool: string; outcome: string }[] }>('audit_list')
  expect(items.some(({ tool, outcome }) => tool === 'spec_task_update' && outcome === 'ok')).toBe(
    true,
  )
  expect(await git(['-C', at.repo, 'status', '--porcelain', '--', '.specify'])).toBe('')
})

test('tasks are read as they are written, and what can start is in order', async () => {
  const hub = await startHub()
  const at = await makeSpecProject(hub)
  const { items, unparsed } = await hub.call<Listed>('spec_task_list', at)
  expect(items.map(({ id, state }) => `${id} ${state}`)).toEqual([
    'T001 done',
    'T002 open',
    'T003 open',
    'T004 open',
    'T005 open',
    'T006 other',
  ])
  expect(items[4]).toMatchObject({
    stories: ['US1', 'US2'],
    dependsOn: ['T004'],
    phase: 'Phase 2: User Story 1 - Sign in (Priority: P1)',
  })
  expect(unparsed).toHaveLength(1)
  const next = await hub.call<{ ready: SpecTask[]; waiting: { id: string; waitsFor: string }[] }>(
    'spec_task_next',
    at,
  )
  expect(next.ready.map(({ id }) => id)).toEqual(['T002', 'T003'])
  expect(next.waiting.find(({ id }) => id === 'T005')?.waitsFor).toBe('depends on T004')
})

test('what cannot be done says so: another edit, a task in a table, an unknown id, a viewer', async () => {
  const hub = await startHub()
  const at = await makeSpecProject(hub)
  const { etag } = await hub.call<Listed>('spec_task_list', at)
  const file = join(at.repo, 'specs/001-login/tasks.md')
  writeFileSync(file, readFileSync(file, 'utf8').replace('linting', 'lint'))
  const update = (id: string, more = {}) =>
    hub.call('spec_task_update', { ...at, tasks: [id], state: 'done', evidence, ...more })
  expect(await failure(update('T002', { if_match: etag }))).toMatchObject({ code: 'conflict' })
  expect(await failure(update('T007'))).toMatchObject({ code: 'unsupported' })
  expect(await failure(update('T02'))).toMatchObject({
    code: 'not_found',
    hint: 'Did you mean T002?',
  })
  expect(await failure(update('T002', { evidence: { commit: 'abcdef1234' } }))).toMatchObject({
    code: 'not_found',
  })
  const viewer = await hub.as('eve', 'viewer')
  expect(
    await failure(viewer.call('spec_task_update', { ...at, tasks: ['T002'], state: 'open' })),
  ).toMatchObject({ code: 'denied' })
})

test('a doubled id is refused by id alone and set by line and etag', async () => {
  const hub = await startHub()
  const at = await makeSpecProject(hub, {
    'specs/001-login/tasks.md': '- [ ] T001 one\r\n- [x] T001 two\r\n- [ ] T001 three',
  })
  const { etag } = await hub.call<Listed>('spec_task_list', at)
  const set = (more = {}) =>
    hub.call<{ etag: string }>('spec_task_update', {
      ...{ ...at, tasks: ['T001'], state: 'done', evidence },
      ...more,
    })
  expect(await failure(set())).toMatchObject({ code: 'ambiguous' })
  expect(await failure(set({ line: 3 }))).toMatchObject({ code: 'ambiguous' })
  expect(await failure(set({ tasks: ['T001', 'T002'], line: 3 }))).toMatchObject({
    code: 'invalid',
  })
  const set3 = await set({ line: 3, if_match: etag })
  expect(readFileSync(join(at.repo, 'specs/001-login/tasks.md'), 'utf8')).toBe(
    '- [ ] T001 one\r\n- [x] T001 two\r\n- [x] T001 three',
  )
  // The form that ids had before.
  const older = { tasks: [{ id: 'T001', line: 1 }], if_match: set3.etag }
  expect(await set(older)).toMatchObject({ changed: ['T001'] })
})

test('appended tasks get the next ids; without any the file stays as it is', async () => {
  const hub = await startHub()
  const at = await makeSpecProject(hub)
  const file = join(at.repo, 'specs/001-login/tasks.md')
  const before = readFileSync(file, 'utf8')
  await hub.call('spec_task_append', { ...at, tasks: [] })
  expect(readFileSync(file, 'utf8')).toBe(before)
  const added = await hub.call<{ ids: string[]; phase: string }>('spec_task_append', {
    ...at,
    tasks: [{ text: 'Guard in src/guard.ts', story: 'US2' }],
  })
  expect(added).toMatchObject({ ids: ['T008'], phase: 'Phase 3: Convergence' })
  expect(readFileSync(file, 'utf8')).toBe(
    `${before}\n## Phase 3: Convergence\n\n- [ ] T008 [US2] Guard in src/guard.ts\n`,
  )
  await hub.call('spec_task_append', {
    ...at,
    phase: 'Setup',
    tasks: [{ text: 'More', parallel: true }],
  })
  expect(readFileSync(file, 'utf8')).toContain(
    '- [ ] T003 [P] Configure tests\n- [ ] T009 [P] More\n\n**Checkpoint**',
  )
})

test('two worktrees and two processes that tick at once lose nothing', async () => {
  const hub = await startHub()
  const lines = Array.from(
    { length: 40 },
    (_unused, index) => `- [ ] T${String(index + 1).padStart(3, '0')} task`,
  )
  const at = await makeSpecProject(hub, { 'specs/001-login/tasks.md': `${lines.join('\n')}\n` })
  const other = await startHub({ data: makeFolder('second') })
  await Promise.all(
    lines.map((_line, index) =>
      (index % 2 ? hub : other).call('spec_task_update', {
        ...at,
        tasks: [`T${String(index + 1).padStart(3, '0')}`],
        state: 'done',
        evidence,
      }),
    ),
  )
  expect(readFileSync(join(at.repo, 'specs/001-login/tasks.md'), 'utf8')).not.toContain('[ ]')
})
