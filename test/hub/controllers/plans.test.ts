import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Approval } from '../../../schemas/approval.ts'
import type { Change } from '../../../schemas/change.ts'
import type { Plan } from '../../../schemas/plan.ts'
import type { Task } from '../../../schemas/task.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { planIn, readPlan, stepIn, stepStates } from '../../helpers/plans.ts'
import { makeRepo } from '../../helpers/repo.ts'

const question = async (hub: TestHub): Promise<Approval> => {
  let asked: Approval | undefined
  await until(async () => {
    asked = (await hub.call<{ items: Approval[] }>('approval_list', {})).items[0]
    return asked !== undefined
  })
  return asked!
}
const agree = async (hub: TestHub) =>
  hub.call('approval_decide', { approval: (await question(hub)).id, decision: 'approve' })

/** Accepts and merges each change that is opened, as a reviewer does, until the plan is over. */
async function reviewAll(hub: TestHub, plan: string): Promise<string[]> {
  const merged: string[] = []
  await until(async () => {
    const { items } = await hub.call<{ items: Change[] }>('change_list', { state: 'open' })
    for (const { id: change, head, title } of items) {
      await hub.call('change_review', { change, verdict: 'accept', body: 'Good.' })
      await hub.call('change_merge', { change, expect_head: head, update_checkout: true })
      merged.push(title)
    }
    const { state } = (await readPlan(hub, plan)).plan
    return state === 'succeeded' || state === 'failed'
  })
  return merged
}

test(
  'a plan of real commands runs through its gates, and a command reads what was left for it',
  { timeout: 60_000 },
  async () => {
    const hub = await startHub({ dispatch: 'local' })
    const { id } = await hub.call<Plan>('plan_create', {
      steps: [
        { name: 'measure', template: 'command', command: 'echo 42 apples' },
        { name: 'checked', needs: ['measure'], gate: { kind: 'check' } },
        { name: 'agreed', needs: ['checked'], gate: { kind: 'person', question: 'Sell them?' } },
        {
          name: 'sell',
          needs: ['agreed'],
          template: 'command',
          command: 'grep -q "42 apples" "$SWITCHYARD_INPUTS"',
        },
        { name: 'never', template: 'command', command: 'exit 3' },
      ],
    })
    expect(await question(hub)).toMatchObject({ question: 'Sell them?' })
    await agree(hub)
    await planIn(hub, id, 'failed')
    expect(await stepStates(hub, id)).toEqual({
      measure: 'succeeded',
      checked: 'succeeded',
      agreed: 'succeeded',
      sell: 'succeeded',
      never: 'failed',
    })
  },
)

test(
  'a Spec-Kit feature is carried out in the order of its tasks, and each that is merged is ticked',
  { timeout: 120_000 },
  async () => {
    const repo = await makeRepo({
      'A.md': '# A\n',
      'specs/001-notes/tasks.md': [
        '## Phase 1: Setup\n',
        '- [x] T001 Begin',
        '- [ ] T002 [P] Add "one" to A.md',
        '- [ ] T003 [P] Add "two" to B.md',
        '- [ ] T004 Add "three" to C.md (depends on T001)\n',
        '## Phase 2: User Story 1\n',
        '- [ ] T005 [US1] Add "four" to D.md\n',
      ].join('\n'),
    })
    const hub = await startHub({ dispatch: 'local' })
    const { id, state } = await hub.call<Plan>('plan_create', {
      repo,
      feature: '001',
      model: 'scripted',
      checkpoints: true,
    })
    expect(state).toBe('drafting')
    await stepIn(hub, id, 'T003', 'held')
    const { items } = await readPlan(hub, id)
    expect(items.map(({ name, needs, gate }) => [name, needs.join(' '), gate?.kind])).toEqual([
      ['T002', '', undefined],
      ['T003', '', undefined],
      ['T004', 'T002 T003', undefined],
      ['after-T004', 'T004', 'person'],
      ['T005', 'after-T004', undefined],
      ['after-T005', 'T005', 'person'],
    ])
    const reviewing = reviewAll(hub, id)
    await stepIn(hub, id, 'after-T004', 'held')
    expect(readFileSync(join(repo, 'C.md'), 'utf8')).toBe('three\n')
    await agree(hub)
    await stepIn(hub, id, 'after-T005', 'held')
    await agree(hub)
    const merged = await reviewing
    expect(merged.toSorted()[3]).toBe('T005 Add "four" to D.md')
    expect((await readPlan(hub, id)).plan).toMatchObject({ state: 'succeeded' })
    await until(
      () => !readFileSync(join(repo, 'specs/001-notes/tasks.md'), 'utf8').includes('- [ ]'),
    )
  },
)

test(
  'a goal is taken apart by a model, mended when its graph is none, and runs after a person saw it',
  { timeout: 120_000 },
  async () => {
    const repo = await makeRepo({ 'README.md': '# Thing\n' })
    const hub = await startHub({ dispatch: 'local' })
    const { id } = await hub.call<Plan>('plan_create', {
      repo,
      goal: 'Add "one" to A.md and add "two" to B.md then `cat A.md B.md`',
      model: 'scripted',
    })
    const asked = await question(hub)
    expect((await readPlan(hub, id)).plan).toMatchObject({
      state: 'proposed',
      draft: { rounds: 1, problem: expect.stringContaining('two steps are called add') as string },
    })
    expect(asked.details.graph).toMatchObject([
      { name: 'add-1', template: 'code', needs: [] },
      { name: 'add-2', template: 'code', needs: [] },
      { name: 'cat-3', template: 'command', needs: ['add-1', 'add-2'] },
    ])
    await agree(hub)
    await reviewAll(hub, id)
    expect((await readPlan(hub, id)).plan).toMatchObject({ state: 'succeeded' })
    const last = (await readPlan(hub, id)).items[2]?.task
    const { task } = await hub.call<{ task: Task }>('task_read', { task: last })
    expect(task.result?.summary).toContain('two')
    expect(task.inputs.map(({ step, change }) => [step, change?.split('-')[0]])).toEqual([
      ['add-1', 'change'],
      ['add-2', 'change'],
    ])
  },
)

test(
  'a gate of changes opens when they are approved, before they are merged',
  { timeout: 60_000 },
  async () => {
    const repo = await makeRepo({ 'README.md': '# Thing\n' })
    const hub = await startHub({ dispatch: 'local' })
    const { id } = await hub.call<Plan>('plan_create', {
      repo,
      model: 'scripted',
      steps: [
        { name: 'write', template: 'code', goal: 'Add "one" to A.md' },
        { name: 'approved', needs: ['write'], gate: { kind: 'change' } },
        { name: 'tell', needs: ['approved'], template: 'command', command: 'true' },
      ],
    })
    await stepIn(hub, id, 'approved', 'held')
    const { items } = await hub.call<{ items: Change[] }>('change_list', { state: 'open' })
    const change = items[0]?.id
    await hub.call('change_review', { change, verdict: 'accept', body: 'Good.' })
    await stepIn(hub, id, 'tell', 'succeeded')
    expect(await stepStates(hub, id)).toMatchObject({ write: 'held', approved: 'succeeded' })
    await hub.call('change_merge', { change, expect_head: items[0]?.head, update_checkout: true })
    await planIn(hub, id, 'succeeded')
  },
)

test('a feature that is not there is refused, with what there is, and before any model is looked for', async () => {
  const repo = await makeRepo({
    'specs/001-notes/tasks.md': '- [ ] T001 Begin\n',
    'part/specs/001-lamps/tasks.md': '- [ ] T001 Begin\n',
    'README.md': '# Thing\n',
  })
  const hub = await startHub()
  for (const [asked, hint] of [
    [{ feature: '002' }, 'There are 001-notes: spec_list shows them.'],
    [{ feature: 'note' }, 'Did you mean 001-notes?'],
    [{ feature: 'notes', project: 'part' }, 'There are 001-lamps: spec_list shows them.'],
    [{ feature: '001', project: 'none' }, 'It has none yet: spec_create makes one.'],
  ] as const) {
    const error = await failure(hub.call('plan_create', { repo, ...asked }))
    expect(error).toMatchObject({ code: 'not_found', hint })
    expect(error.message).toContain(`there is no feature "${asked.feature}" in ${repo}`)
  }
  expect(await hub.call('plan_list')).toMatchObject({ items: [] })
})

test('a feature that has nothing to do fails its plan and says why', async () => {
  const repo = await makeRepo({ 'specs/001-notes/tasks.md': '- [x] T001 Begin\n' })
  const hub = await startHub()
  const { id } = await hub.call<Plan>('plan_create', { repo, feature: '001', model: 'scripted' })
  await planIn(hub, id, 'failed')
  expect((await readPlan(hub, id)).plan.failure).toContain('001 has no open tasks')
})
