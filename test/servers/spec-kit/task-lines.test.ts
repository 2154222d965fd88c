import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SpecTask } from '../../../schemas/spec.ts'
import { readTasks } from '../../../servers/spec-kit/task-lines.ts'
import { startHub } from '../../helpers/hub.ts'
import { makeSpecProject } from '../../helpers/spec-project.ts'

type Listed = { items: SpecTask[] }

const evidence = { note: 'the tests of the form pass' }

test('tasks are seen behind signs and labels, with their whole ids, and each box is one byte', async () => {
  const variants: [string, Partial<SpecTask> & { id: string }][] = [
    ['- [ ] 🟢 T001 [P] one', { id: 'T001', parallel: true, text: 'one' }],
    ['- [ ] ✅ **T002**: two', { id: 'T002', text: 'two' }],
    ['- [ ] ⚠️ 🚫 ~~T003 [US2] three~~', { id: 'T003', stories: ['US2'] }],
    ['- [ ] 🟢T004 four', { id: 'T004' }],
    ['- [ ] [P] T005 [US1] five', { id: 'T005', parallel: true, stories: ['US1'] }],
    ['- [ ] [US1] 🟢 T006 six', { id: 'T006', stories: ['US1'] }],
    [
      '- [ ] T046-MIN [P] (depends on T044-MIN, T1.1)',
      { id: 'T046-MIN', dependsOn: ['T044-MIN', 'T1.1'] },
    ],
    [
      '- [ ] T012-A/B eight, depends on T001-T003.',
      { id: 'T012-A/B', dependsOn: ['T001', 'T003'] },
    ],
    ['- [ ] T032–T038 nine', { id: 'T032–T038' }],
    ['- [ ] T010（十）', { id: 'T010' }],
  ]
  const hub = await startHub()
  const lines = variants.map(([line]) => line)
  const at = await makeSpecProject(hub, { 'specs/001-login/tasks.md': lines.join('\n') })
  const { items } = await hub.call<Listed>('spec_task_list', at)
  expect(items).toMatchObject(variants.map(([, wanted]) => wanted))
  const file = join(at.repo, 'specs/001-login/tasks.md')
  for (const { id: task } of items) {
    const before = readFileSync(file)
    await hub.call('spec_task_update', { ...at, tasks: [task], state: 'done', evidence })
    const after = readFileSync(file)
    expect(after).toHaveLength(before.length)
    expect(after.filter((byte, index) => byte !== before[index])).toEqual(Buffer.from('X'))
  }
})

test.each(['- [ ] Task T001 is done', '- [ ] see `T001`', '- [ ] 🟢 ready', '- 🟢 T001 prose'])(
  'the line %s is no task',
  (line) => {
    expect(readTasks(line).tasks).toEqual([])
  },
)

const mark = fc.constantFrom(' ', 'x', 'X', '-', '~', '/')
const id = fc.constantFrom(
  'T001',
  'T002',
  '**T003**',
  'T005a',
  'T1.1',
  'T01',
  '`T010`',
  '__T011__',
  '🟢 T012',
  '⚠️ **T013**',
  'T046-MIN',
)
const line = fc.oneof(
  fc
    .tuple(
      mark,
      id,
      fc.constantFrom('', '[P] ', '[US1] ', '[US1, US2] ', '[P] [US3+US4] ', '[US1] [P] '),
      fc.string(),
    )
    .map(
      ([box, name, labels, text]) => `- [${box}] ${name} ${labels}${text.replace(/[\r\n]/g, '')}`,
    ),
  fc.constantFrom(
    '## Phase 1: Setup',
    '---',
    '',
    '```',
    '| T001 | cell |',
    '- T003 prose',
    '- [ ] no id',
    '<!--',
    '-->',
    '### T004 heading',
    '\uFEFF',
  ),
  fc.string().map((text) => text.replace(/[\r\n]/g, '')),
)

test('whatever a file holds, the boxes are where the spans say, and nothing else is touched', () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 40 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (lines, ending, closed) => {
        const text = lines.join(ending) + (closed ? ending : '')
        const { scan, tasks } = readTasks(text)
        expect(scan.lines.map(({ start, next }) => text.slice(start, next)).join('')).toBe(text)
        for (const task of tasks) {
          expect(text.slice(task.markAt - 1, task.markAt + task.mark.length + 1)).toBe(
            `[${task.mark}]`,
          )
          const toggled =
            text.slice(0, task.markAt) +
            (task.mark === 'x' ? ' ' : 'x') +
            text.slice(task.markAt + task.mark.length)
          expect(readTasks(toggled).tasks.map(({ id: own }) => own)).toEqual(
            tasks.map(({ id: own }) => own),
          )
        }
      },
    ),
    { numRuns: 500 },
  )
})
