import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Task } from '../../schemas/task.ts'
import { axeFindings } from '../helpers/axe.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub, until } from '../helpers/hub.ts'
import { openDashboard } from '../helpers/dashboard.ts'
import { fits } from '../helpers/page.ts'
import { makeRepo } from '../helpers/repo.ts'

const hostile = `<img src=x onerror="alert(1)"> \u202etxt.exe 🚂 ${'very long '.repeat(20)}`.slice(
  0,
  200,
)

const submit = (hub: TestHub, title: string, more: Record<string, unknown> = {}) =>
  hub.call<Task>('task_submit', { template: 'command', command: 'true', title, ...more })

async function claim(hub: TestHub, task: string): Promise<Granted> {
  const offer = { agent: `worker-${task.slice(-5)}`, task }
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', offer)
  await hub.call('task_heartbeat', { task, fence: lease.fence })
  return lease
}

async function fail(hub: TestHub, title: string, message = 'exit code 1'): Promise<Task> {
  const task = await submit(hub, title, { max_attempts: 1 })
  const { fence } = await claim(hub, task.id)
  const failure = { code: 'exit', message }
  await hub.call('task_report', { task: task.id, fence, outcome: 'failed', failure })
  return task
}

test('tasks are filtered in the address, opened beside the list, and walked by keys', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  await fail(hub, 'Check the links')
  await submit(hub, 'Nightly backup')
  await submit(hub, hostile)
  const { page, errors } = await openDashboard(hub, '#/tasks')
  await page.getByText('Nightly backup').waitFor()
  await page.getByRole('link', { name: 'Failed', exact: true }).click()
  await page.getByText('Nightly backup').waitFor({ state: 'detached' })
  expect(page.url()).toContain('stage=failed')
  await page.getByRole('link', { name: 'All', exact: true }).click()

  await page.keyboard.press('/')
  await page.keyboard.type('backup')
  await page.waitForURL(/text=backup/)
  await page.getByText('Check the links').waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await page.keyboard.press('j')
  await page.keyboard.press('o')
  await page.getByRole('heading', { name: 'Nightly backup' }).waitFor()
  expect(page.url()).toMatch(/tasks\/task-.*text=backup/)
  expect(await page.getByRole('list', { name: 'Tasks' }).isVisible()).toBe(true)

  await page.goBack()
  await page.getByRole('searchbox', { name: 'Filter tasks by title' }).fill('nobody has this')
  await page.getByText('No task is like this.').waitFor()
  await page.getByRole('link', { name: 'Show all' }).click()
  await page.getByText('Check the links').waitFor()
  expect(errors).toEqual([])
})

test('keys pressed while the list is still loading count once it is there', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  await submit(hub, 'Check the links')
  await submit(hub, 'Nightly backup')
  const { page, errors } = await openDashboard(hub, '#/tasks')
  await page.getByText('Nightly backup').waitFor()
  const answered = Promise.withResolvers<void>()
  await page.route(/\/mcp/, async (route) => {
    if (route.request().postData()?.includes('"text":"backup"')) await answered.promise
    await route.continue()
  })
  await page.keyboard.press('/')
  await page.keyboard.type('backup')
  await page.getByText('Check the links').waitFor({ state: 'detached' })
  for (const key of ['Escape', 'j', 'o']) await page.keyboard.press(key)
  answered.resolve()
  await page.getByRole('heading', { name: 'Nightly backup' }).waitFor()
  expect(errors).toEqual([])
})

test('what failed has a column of its own, and the board fits a phone', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  await fail(hub, 'Check the links', hostile)
  await submit(hub, hostile)
  const { page, errors } = await openDashboard(hub, '#/tasks?view=board', { width: 360 })
  await page.getByRole('region', { name: 'Failed' }).getByText('Check the links').waitFor()
  expect(await page.getByRole('region', { name: 'Done' }).getByText('Check').count()).toBe(0)
  expect(await fits(page)).toBe(true)
  expect(errors).toEqual([])
})

test('on a phone the board begins with the first column that has something', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  await fail(hub, 'Check the links')
  const { page, errors } = await openDashboard(hub, '#/tasks?view=board', { width: 360 })
  await page.getByRole('region', { name: 'Failed' }).getByText('Check the links').waitFor()
  const leftOf = (name: string) =>
    page.getByRole('region', { name }).evaluate((column) => column.getBoundingClientRect().left)
  await expect.poll(() => leftOf('Failed')).toBeLessThan(40)
  await page.locator('.board').evaluate((board) => board.scrollTo(0, 0))
  await submit(hub, 'Another one') // What comes later moves nobody away.
  await page.getByRole('region', { name: 'Waiting' }).getByText('Another one').waitFor()
  expect(await leftOf('Waiting to start')).toBeGreaterThanOrEqual(0)
  expect(errors).toEqual([])
})

test('a list of many tasks loads as it is scrolled, and new ones come in front', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  for (let part = 0; part < 20; part++)
    await Promise.all(Array.from({ length: 30 }, (_, at) => submit(hub, `Task ${part * 30 + at}`)))
  const { page, errors } = await openDashboard(hub, '#/tasks')
  await page.locator('.task-row').first().waitFor()
  expect(await page.locator('.rows li').count()).toBeLessThan(60)
  await until(async () => {
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
    return (await page.locator('.rows li[aria-posinset="600"]').count()) === 1
  })
  await page.locator('.rows li[aria-posinset="600"] .task-row').waitFor()
  expect(await page.locator('.rows li').count()).toBeLessThan(80)
  const titles = await page.locator('.rows strong').allTextContents()
  expect(new Set(titles).size).toBe(titles.length)
  await page.evaluate(() => scrollTo(0, 0))
  await submit(hub, 'The newest')
  await page.locator('.rows li[aria-posinset="1"]', { hasText: 'The newest' }).waitFor()
  expect(errors).toEqual([])
})

test('a task tells its story, and its log of 12,000 lines is searched', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const task = await submit(hub, 'Import the orders', { reason: 'The year is over' })
  const { fence } = await claim(hub, task.id)
  for (let part = 0; part < 4; part++) {
    const lines = Array.from({ length: 3000 }, (_, at) => `row ${part * 3000 + at}\n`).join('')
    const error = part === 2 ? [{ stream: 'err', at: 2, data: `ERROR: ${hostile}\n` }] : []
    const chunks = [{ stream: 'out', at: 1, data: lines }, ...error]
    const position = part < 3 ? part : 4
    await hub.call('task_log_append', { task: task.id, fence, position, chunks })
  }
  const { page, errors } = await openDashboard(hub, `#/tasks/${task.id}`)
  const log = page.getByRole('log')
  await log.getByText('row 11999', { exact: true }).waitFor() // It follows the end.
  await page.getByText('The year is over').waitFor()
  await page.getByText('An agent took it').waitFor()
  expect(await page.locator('.log-line').count()).toBeLessThan(150)

  await page.getByLabel('Search the log').fill('row 777')
  await page.getByText('1 of 11').waitFor()
  await log.locator('.log-line[data-found]', { hasText: /row 777\s*$/ }).waitFor()
  await page.keyboard.press('Enter')
  await log.locator('.log-line[data-found]', { hasText: 'row 7770' }).waitFor()
  await page.getByLabel('Search the log').fill('')
  await page.getByLabel('Problems only').check()
  await log.locator('.log-line[data-severity=error]', { hasText: 'ERROR: <img' }).waitFor()
  expect(await page.locator('.log-line').count()).toBe(1)
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download' }).click()
  expect((await saved).suggestedFilename()).toBe(`${task.id}.log`)
  // No agent reads what is said to a command; and its end does not take the log from who reads it.
  expect(await page.getByLabel('Message to the agent').count()).toBe(0)
  const result = { summary: 'Imported' }
  await hub.call('task_report', { task: task.id, fence, outcome: 'succeeded', result })
  await page.locator('.task header .badge', { hasText: 'succeeded' }).waitFor()
  await log.waitFor()
  expect(await fits(page)).toBe(true)
  expect(errors).toEqual([])
})

test('files are looked into, the budget is set, and a message reaches the agent', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const asked = { template: 'code', repo: await makeRepo(), goal: 'Measure it', model: 'scripted' }
  const task = await hub.call<Task>('task_submit', asked)
  const { fence } = await claim(hub, task.id)
  const keep = (name: string, media_type: string, data: string, encoding = 'utf8') =>
    hub.call('artifact_create', { task: task.id, fence, name, media_type, data, encoding })
  await keep('sizes.json', 'application/json', '{"kB":[1,2]}')
  await keep('page.html', 'text/html', '<script>alert(1)</script>')
  await keep('dot.png', 'image/png', onePixel, 'base64')
  const { page, errors } = await openDashboard(hub, `#/tasks/${task.id}?show=files`)
  await page.getByRole('button', { name: 'sizes.json' }).click()
  await page.getByText('"kB": [').waitFor()
  await page.getByRole('button', { name: 'page.html' }).click()
  await page.getByText('<script>alert(1)</script>').waitFor()
  await page.getByRole('button', { name: 'dot.png' }).click()
  await page.getByRole('img', { name: 'dot.png' }).waitFor()

  await page.getByRole('button', { name: 'Budget…' }).click()
  await page.getByLabel('Model calls').fill('7')
  await page.getByRole('button', { name: 'Set', exact: true }).click()
  await page.getByText('The budget is set').waitFor()
  const { lines } = await hub.call<{ lines: object[] }>('budget_read', { task: task.id })
  expect(lines).toContainEqual(expect.objectContaining({ scope: 'task', unit: 'steps', limit: 7 }))

  await page.keyboard.press('m')
  await page.keyboard.type('Please round up')
  await page.keyboard.press('Enter')
  await page.getByText('The agent reads it next').waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.locator('.task header .badge', { hasText: 'canceled' }).waitFor()
  expect(errors).toEqual([])
})

test('axe finds nothing on the list, the board and a task, in light and dark', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const failed = await fail(hub, 'Check the links', hostile)
  await submit(hub, 'Nightly backup')
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await openDashboard(hub, '#/tasks', { colorScheme })
    for (const view of ['log', 'results', 'files', 'facts']) {
      await page.goto(`${hub.url}/#/tasks/${failed.id}?show=${view}`)
      await page.getByRole('heading', { name: 'Check the links' }).waitFor()
      expect(await axeFindings(page), view).toEqual([])
    }
    for (const hash of ['#/tasks', '#/tasks?view=board', '#/agents']) {
      await page.goto(`${hub.url}/${hash}`)
      await page.locator('main :is(.task-row, .card, h2)').first().waitFor()
      expect(await axeFindings(page), hash).toEqual([])
    }
  }
})

const onePixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
