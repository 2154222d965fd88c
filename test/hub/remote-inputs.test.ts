import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Plan } from '../../schemas/plan.ts'
import type { Task } from '../../schemas/task.ts'
import { startPair } from '../helpers/peer-pair.ts'
import { planIn, readPlan } from '../helpers/plans.ts'

test('a step of a plan on a peer is handed what the steps before it left, with the texts of artifacts', async () => {
  const { ada, bob } = await startPair()
  const { id: plan } = await ada.call<Plan>('plan_create', {
    steps: [
      {
        ...{ name: 'measure', template: 'command', command: 'true' },
        requirements: { agent: 'worker-ann', fallback: false },
      },
      {
        ...{ name: 'read', needs: ['measure'], template: 'command', requirements: { hub: 'bob' } },
        command:
          'grep "42 apples" "$SWITCHYARD_INPUTS" && grep -q "seven pears" "$SWITCHYARD_INPUTS"',
      },
    ],
  })
  const { items } = await readPlan(ada, plan)
  const task = items[0]?.task
  const { lease } = await ada.call<{ lease: Granted }>('task_claim', { agent: 'worker-ann', task })
  const worker = ada.client.withToken(lease.token)
  const bound = { task, fence: lease.fence }
  await worker.call('artifact_create', {
    ...{ ...bound, name: 'fruit.txt', media_type: 'text/plain' },
    data: 'seven pears\n'.repeat(2000),
  })
  const result = { summary: '42 apples' }
  await worker.call('task_report', { ...bound, outcome: 'succeeded', result })
  await planIn(ada, plan, 'succeeded', 'failed')
  const [there] = (await bob.call<{ items: Task[] }>('task_list')).items
  expect(there).toMatchObject({ state: 'succeeded' })
  expect(there?.inputs[0]).toMatchObject({ step: 'measure' })
  const fruit = there?.inputs[0]?.artifacts.find(({ name }) => name === 'fruit.txt')
  expect(fruit).toMatchObject({ truncated: true })
  expect(fruit?.text).toHaveLength(8192)
})
