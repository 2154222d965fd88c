import { expect, test } from 'vitest'
import type { Approval } from '../../../schemas/approval.ts'
import type { Plan } from '../../../schemas/plan.ts'
import type { SpecTask } from '../../../schemas/spec.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { doStep, planIn, readPlan } from '../../helpers/plans.ts'
import { makeRepo } from '../../helpers/repo.ts'

// In the form that features in public repositories have: long texts and lists below a task, ids out of
// order, stories by number in a heading alone, a story that a later phase goes on with.
const tasks = `---
description: "Tasks of the lending desk"
---

# Tasks: Lending desk

**Input**: Documents in \`/specs/007-lending-desk/\`

## Format: \`[ID] [P?] [Story] Description\`

- **[P]**: Can run beside its neighbours

## Phase 1: Setup (Shared Parts)

- [X] T001 Create the folders per plan.md
- [ ] T002 Pin the toolchain in \`package.json\`
      (research.md §2: the newest line is a preview; take the one before)
- [ ] T003 [P] Configure the formatter
- [ ] T004a [P] Configure the build: run on a tag, keep what was built

---

## Phase 2: Foundation (Blocking)

**CRITICAL**: No story begins before this phase is over

- [ ] T005 Define the enums Shelf and Loan in src/model.js
- [ ] T006 [P] Add the class of a reader in src/reader.js (depends on T008; needs its
      address type)
- [ ] T007 [P] Add the class of a book in src/book.js
- [ ] T008 [P] Add addresses in src/address.js

**Checkpoint**: stories may begin

## Phase 3: User Story 2 - Lend a book (Priority: P1) 🎯 MVP

### Tests first ⚠️

- [ ] T009 [P] [US2] Test of a loan in test/loan.test.js with:
  - \`lends_a_free_book\` (FR-002)
  - \`refuses_a_lent_one\` (FR-003)

    An example stands in contracts/loan.md.
- [ ] T010 [P] [US2] Test of the desk in test/desk.test.js

### Implementation

- [ ] T012 [US2] Lend a book in src/loan.js (depends on T009,
      T010)
- [ ] T011 [US2] Wire the desk in src/desk.js

**Checkpoint**: a book can be lent

## Phase 4: Tests for US-1 (Return) - Priority: P1

- [ ] T013 Return a book in src/return.js
- [ ] T014-FIX [P] Fines in src/fine.js
- [ ] T015 [P] Receipts in src/receipt.js

## Phase 5: User Story 2 (cont.) - Reminders (Priority: P2)

- [ ] T016 [US2] Remind the reader in src/remind.js

## Final Phase: Polish

- [ ] T020 Check quickstart.md
- [ ] T018 [P] Spelling of the manual
- [ ] T019 [P] Speed: a loan takes less than 50 ms

## Dependencies

| T021 | in a table |

- **US2**: depends on Phase 2
- [P] tasks touch different files
`

type Shape = [name: string, needs: string]
const wanted: Shape[] = [
  ['T002', ''],
  ['T003', 'T002'],
  ['T004a', 'T002'],
  ['after-T004a', 'T003 T004a'],
  ['T005', 'after-T004a'],
  ['T008', 'T005'],
  ['T006', 'T005 T008'],
  ['T007', 'T005'],
  ['after-T008', 'T008 T006 T007'],
  ['T009', 'after-T008'],
  ['T010', 'after-T008'],
  ['T012', 'T009 T010'],
  ['T011', 'T012'],
  ['after-T011', 'T011'],
  ['T013', 'after-T008'],
  ['T014-FIX', 'T013'],
  ['T015', 'T013'],
  ['after-T015', 'T014-FIX T015'],
  ['T016', 'after-T008 after-T011'],
  ['after-T016', 'T016'],
  ['T020', 'after-T011 after-T015 after-T016'],
  ['T018', 'T020'],
  ['T019', 'T020'],
  ['after-T019', 'T018 T019'],
]

test(
  'a feature as it stands in public repositories runs to its end, each task with all that is said of it',
  { timeout: 120_000 },
  async () => {
    const repo = await makeRepo({
      'specs/007-lending-desk/spec.md': '# Feature Specification: Lending desk\n',
      'specs/007-lending-desk/plan.md': '# Plan\n',
      'specs/007-lending-desk/tasks.md': tasks,
    })
    const hub = await startHub()
    const { id } = await hub.call<Plan>('plan_create', {
      repo,
      feature: '007',
      model: 'scripted',
      checkpoints: true,
    })
    await planIn(hub, id, 'running')
    const { items } = await readPlan(hub, id)
    expect(items.map(({ name, needs }) => [name, needs.join(' ')])).toEqual(wanted)
    const goals = new Map<string, string>()
    const handed = new Map<string, string>()
    for (const { name, gate } of items) {
      if (gate) {
        let asked: Approval | undefined
        await until(async () => {
          const { items: open } = await hub.call<{ items: Approval[] }>('approval_list')
          asked = open.find(({ details }) => details.step === name)
          return asked !== undefined
        })
        await hub.call('approval_decide', { approval: asked!.id, decision: 'approve' })
      } else {
        const task = await doStep(hub, id, name)
        goals.set(name, String(task.params.goal))
        handed.set(name, task.inputs.map(({ step }) => step).join(' '))
      }
    }
    await planIn(hub, id, 'succeeded')
    expect(goals.get('T002')).toContain('take the one before')
    expect(goals.get('T009')).toContain(
      '  - `refuses_a_lent_one` (FR-003)\n\n    An example stands',
    )
    expect(goals.get('T009')).not.toContain('T010')
    // What a gate lets pass is handed on behind it.
    expect(handed.get('T005')).toBe('T003 T004a')
    expect(handed.get('T012')).toBe('T009 T010')
    expect(handed.get('T020')).toBe('T011 T014-FIX T015 T016')
  },
)

test('what can start now is in the order that a plan of the feature has', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ 'specs/007-lending-desk/tasks.md': tasks })
  const at = { repo, feature: '007' }
  await hub.call('branch_create', { repo, branch: 'known' })
  const tick = (...ids: string[]) =>
    hub.call('spec_task_update', {
      ...{ ...at, tasks: ids, state: 'done' },
      evidence: { note: 'somebody looked at it' },
    })
  const ready = async () =>
    (await hub.call<{ ready: SpecTask[] }>('spec_task_next', at)).ready.map(({ id }) => id)
  expect(await ready()).toEqual(['T002'])
  await tick('T002', 'T003', 'T004a', 'T005')
  expect(await ready()).toEqual(['T007', 'T008'])
  await tick('T006', 'T007', 'T008')
  expect(await ready()).toEqual(['T009', 'T010', 'T013'])
  await tick('T009', 'T010', 'T011', 'T012')
  expect(await ready()).toEqual(['T013', 'T016'])
})
