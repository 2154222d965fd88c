import { expect, test } from 'vitest'
import type { Plan } from '../../../../schemas/plan.ts'
import { failure, startHub } from '../../../helpers/hub.ts'
import type { ReadPlan } from '../../../helpers/plans.ts'

test('a step names as many of those it needs as are asked for', async () => {
  const hub = await startHub()
  const names = Array.from({ length: 12 }, (_, at) => `s${at}`)
  const step = (name: string) => ({ name, template: 'command', command: 'true' })
  const steps = [...names.map(step), { name: 'all', needs: names, gate: { kind: 'barrier' } }]
  const { id: plan } = await hub.call<Plan>('plan_create', { steps })
  const read = async (more: object) =>
    (await hub.call<ReadPlan>('plan_read', { plan, step: 'all', ...more })).items[0]
  expect(await read({})).toMatchObject({ needs: names.slice(0, 5), needsMore: 7 })
  expect(await read({ max_needs: 200 })).toMatchObject({ needs: names, needsMore: 0 })
  expect(await failure(read({ max_needs: 201 }))).toMatchObject({ code: 'invalid' })
})
