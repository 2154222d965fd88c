import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Task } from '../../schemas/task.ts'
import { openDashboard } from '../helpers/dashboard.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub } from '../helpers/hub.ts'

const submit = (hub: TestHub, title: string) =>
  hub.call<Task>('task_submit', { template: 'command', command: 'true', title })

/** How many elements of a name the page's memory holds, whatever is garbage collected before. */
async function held(page: Page, name: string): Promise<number> {
  const session = await page.context().newCDPSession(page)
  const { result } = await session.send('Runtime.evaluate', {
    expression: `customElements.get('${name}').prototype`,
  })
  const prototypeObjectId = result.objectId ?? ''
  const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId })
  const { result: count } = await session.send('Runtime.callFunctionOn', {
    objectId: objects.objectId ?? '',
    functionDeclaration: 'function () { return this.length }',
    returnByValue: true,
  })
  await session.detach()
  return count.value as number // As the function returns it.
}

async function start(hub: TestHub, title: string): Promise<{ task: string; fence: number }> {
  const { id: task } = await submit(hub, title)
  const offer = { agent: `worker-${task.slice(-5)}`, task }
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', offer)
  await hub.call('task_heartbeat', { task, fence: lease.fence })
  return { task, fence: lease.fence }
}

test('what left the page leaves its memory too, though its answers are kept', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const { page, errors } = await openDashboard(hub)
  await start(hub, 'The long one')
  const running = page.locator('.running')
  await running.getByText('The long one').waitFor()
  // What a list leaves behind of each item that it had: nothing is drawn of it.
  const nodes = () => running.evaluate((list) => list.childNodes.length)
  const before = await nodes()
  for (const number of Array.from({ length: 12 }, (_, at) => at)) {
    const lease = await start(hub, `Task ${number}`)
    const line = running.getByText(`Task ${number}`, { exact: true })
    await line.waitFor()
    await hub.call('task_report', { ...lease, outcome: 'succeeded', result: { summary: 'done' } })
    await line.waitFor({ state: 'detached' })
  }
  expect(await nodes()).toBe(before)
  // One more may still be held by the render that took it away.
  expect(await held(page, 'sy-last-line')).toBeLessThanOrEqual(2)
  expect(errors).toEqual([])
})

test('an answer that one part of the page left is kept fresh for the next that shows it', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const [first, second] = [await submit(hub, 'The first'), await submit(hub, 'The second')]
  const { page, go, errors } = await openDashboard(hub, `#/tasks/${first.id}`)
  await page.getByRole('heading', { name: 'The first' }).waitFor()
  await go(`#/tasks/${second.id}`) // The same component goes on to another task.
  await page.getByRole('heading', { name: 'The second' }).waitFor()
  await go('#/now')
  await page.getByRole('textbox', { name: 'What should be done?' }).waitFor()
  await go(`#/tasks/${first.id}`)
  await page.getByRole('heading', { name: 'The first' }).waitFor()
  await page.locator('.task header .badge', { hasText: 'queued' }).waitFor()
  await page.waitForLoadState('networkidle') // It asks once when it is shown again.
  await hub.call('task_cancel', { task: first.id, reason: 'Nobody needs it' })
  await page.locator('.task header .badge', { hasText: 'canceled' }).waitFor()
  expect(errors).toEqual([])
})

test('how long ago something was goes on while nothing else happens', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const { id } = await submit(hub, 'The old one')
  const { page } = await openDashboard(hub, `#/tasks/${id}`)
  const time = page.locator('.task header time')
  await time.getByText(/sec|now/).waitFor()
  await page.waitForLoadState('networkidle') // Nothing more has it drawn again.
  await page.evaluate(() => {
    const now = Date.now.bind(Date)
    Date.now = () => now() + 3 * 60_000
  })
  await time.getByText('3 min. ago').waitFor()
  expect(await time.getAttribute('aria-live')).toBe('off')
})
