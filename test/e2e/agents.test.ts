import { expect, test } from 'vitest'
import type { Task } from '../../schemas/task.ts'
import { expectFit, openDashboard } from '../helpers/dashboard.ts'
import { startHub } from '../helpers/hub.ts'

test('a phone shows of each agent the whole task, its machine, and when it was heard of', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const { id: task } = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const host = 'a-machine-with-a-long-name'
  await hub.call('task_claim', { agent: 'worker-with-a-long-name-0123456789', task, host })
  const look = { width: 390, height: 844 }
  const dashboard = await openDashboard(hub, '#/agents', look)
  const { page, errors } = dashboard
  const link = page.getByRole('row').getByRole('link', { name: task })
  await link.waitFor()
  const table = page.getByRole('region', { name: 'Table of agents' })
  for (const part of [link, table.getByText(host), table.locator('td').last()]) {
    const { x = -1, width = 0 } = (await part.boundingBox()) ?? {}
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x + width).toBeLessThanOrEqual(look.width)
  }
  expect(await table.evaluate((it) => it.scrollWidth <= it.clientWidth)).toBe(true)
  await expectFit(dashboard)
  expect(errors).toEqual([])
})
