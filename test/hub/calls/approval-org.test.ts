import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Approval } from '../../../schemas/approval.ts'
import type { Plan } from '../../../schemas/plan.ts'
import type { Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { startHub, until } from '../../helpers/hub.ts'

test('what somebody of every org asks is asked of the org that it is about', async () => {
  const data = makeFolder('orgs')
  const approvals = ['task_cancel', 'plan_cancel', 'task_submit'].map((tool) => ({
    ...{ tool, kind: 'user', decision: 'ask' },
  }))
  const config = { approvals: [], orgs: { acme: {} } }
  const write = (rules: object[]) =>
    writeFileSync(
      join(data, 'switchyard.json'),
      JSON.stringify({ ...config, allowUnisolated: true, approvals: rules }),
    )
  write([])
  const first = await startHub({ data })
  const ada = await first.call<{ token: string }>('token_create', {
    ...{ name: 'ada', role: 'developer', orgs: ['acme'] },
  })
  const work = { template: 'command', command: 'true', org: 'acme' }
  const { id: task } = await first.call<Task>('task_submit', work)
  const steps = [{ name: 'one', template: 'command', command: 'true' }]
  const { id: plan } = await first.call<Plan>('plan_create', { steps, org: 'acme' })
  await first.hub.stop()
  write(approvals)
  const hub = await startHub({ data })
  const acme = hub.client.withToken(ada.token)
  const asked = async () => (await acme.call<{ items: Approval[] }>('approval_list', {})).items
  for (const [tool, args] of [
    ['task_cancel', { task }],
    ['plan_cancel', { plan }],
    ['task_submit', work],
  ] as const) {
    const made = hub.call(tool, args)
    await until(async () => (await asked()).length === 1)
    const [question] = await asked()
    expect(question).toMatchObject({ org: 'acme', tool, askedBy: 'owner' })
    await acme.call('approval_decide', { approval: question!.id, decision: 'approve' })
    await made
  }
  // What names nothing of an org is of the default one.
  const aside = hub.call('task_submit', { ...work, org: undefined })
  await until(async () => (await hub.call<{ items: Approval[] }>('approval_list')).items.length > 0)
  const { items } = await hub.call<{ items: Approval[] }>('approval_list')
  expect([items.map(({ org }) => org), await asked()]).toEqual([['default'], []])
  await hub.call('approval_decide', { approval: items[0]!.id, decision: 'approve' })
  await aside
})
