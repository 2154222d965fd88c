import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Task } from '../../schemas/task.ts'
import { axeFindings } from '../helpers/axe.ts'
import { openDashboard } from '../helpers/dashboard.ts'
import { startHub } from '../helpers/hub.ts'

test('a task of more than 500 events shows its newest as they come, and the rest when asked', async () => {
  const hub = await startHub({ rateLimit: 0, leaseMs: 600_000 })
  const submitted = { template: 'command', command: 'true', title: 'Import the orders' }
  const { id: task } = await hub.call<Task>('task_submit', submitted)
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one', task })
  const held = { task, fence: lease.fence }
  await hub.call('task_heartbeat', held)
  for (let part = 0; part < 20; part++)
    await Promise.all(
      Array.from({ length: 26 }, () => hub.call('task_message', { task, body: 'Go on' })),
    )
  await hub.call('approval_request', { ...held, question: 'Import 2025 too?', details: {} })

  const { page, errors } = await openDashboard(hub, `#/tasks/${task}`)
  const story = page.getByRole('region', { name: 'Story' })
  await story.getByText('Import 2025 too?').waitFor()
  expect(await story.getByText('An agent took it').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])

  const earlier = story.getByRole('button', { name: 'Show what was earlier' })
  await earlier.click()
  await story.locator('summary', { hasText: '388 more' }).waitFor()
  // What comes meanwhile is added at the end, and what was read stays.
  await hub.call('task_message', { task, body: 'And on' })
  await story.locator('summary', { hasText: '389 more' }).waitFor()
  await earlier.click()
  await story.getByText('An agent took it').waitFor()
  await earlier.waitFor({ state: 'detached' })
  await story.getByText('Import 2025 too?').waitFor()
  await story.locator('summary').click()
  expect(await story.getByText('A message was left for the agent').count()).toBe(521)
  expect(errors).toEqual([])
})

test('a last line of output as long as a page is two lines of the story until it is wanted', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const submitted = { template: 'command', command: 'true', title: 'Build', max_attempts: 1 }
  const { id: task } = await hub.call<Task>('task_submit', submitted)
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one', task })
  const held = { task, fence: lease.fence }
  await hub.call('task_heartbeat', held)
  const message = `exit code 1 after 12 ms: ${'warning: left over; '.repeat(25)}the end`
  const failed = { outcome: 'failed', failure: { code: 'exit', message } }
  await hub.call('task_report', { ...held, ...failed })
  const { page, errors } = await openDashboard(hub, `#/tasks/${task}`, { width: 360 })
  const told = page.getByRole('region', { name: 'Story' }).locator('small', { hasText: 'the end' })
  const height = () => told.evaluate((it) => it.getBoundingClientRect().height)
  await told.waitFor()
  expect(await height()).toBeLessThan(60)
  expect(await axeFindings(page)).toEqual([])
  await page.getByText('Show all', { exact: true }).click()
  expect(await height()).toBeGreaterThan(100)
  await page.getByText('Show less').click()
  expect(await height()).toBeLessThan(60)
  expect(errors).toEqual([])
})
