import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Task } from '../../schemas/task.ts'
import { openChange } from '../helpers/changes.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub } from '../helpers/hub.ts'
import { expectAccessible, openDashboard } from '../helpers/dashboard.ts'
import { fits, openPage } from '../helpers/page.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { makeRepo } from '../helpers/repo.ts'
import { tour } from './tour.ts'

const dist = join(import.meta.dirname, '..', '..', 'web', 'dist')

test('a person submits a task, watches it, has it revised, and merges it', async () => {
  const hub = await startHub({ dispatch: 'local', isolation: 'auto' })
  const repo = await makeRepo()
  const { page, errors } = await openPage()
  await tour(page, { link: await hub.hub.loginLink(), repo, shot: async () => undefined })
  expect(readFileSync(join(repo, 'src/sum.js'), 'utf8')).toContain('a + b')
  expect(readFileSync(join(repo, 'CHANGELOG.md'), 'utf8')).toContain('adds up again')
  expect(errors).toEqual([])
})

test('bad input in the form is said there, and nothing is submitted', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const { page } = await openPage()
  await page.goto(await hub.hub.loginLink())
  await page.getByRole('button', { name: 'New task' }).first().click()
  const form = page.getByRole('dialog', { name: 'New task' })
  const template = form.getByRole('combobox', { name: 'Template', exact: true })
  const command = form.getByRole('textbox', { name: 'Command', exact: true })
  await template.selectOption('command')
  expect(await form.getByRole('textbox', { name: 'Goal', exact: true }).isVisible()).toBe(false)
  await form.getByRole('button', { name: 'Submit' }).click()
  expect(await command.evaluate((field: HTMLTextAreaElement) => field.validity.valueMissing)).toBe(
    true,
  )
  await command.fill('true')
  await template.selectOption('ci')
  expect(await command.isVisible()).toBe(false)
  await form.locator('[name=repo]').fill('/no/such/folder')
  await form.getByRole('button', { name: 'Submit' }).click()
  await form.getByRole('alert').getByText('there is no folder /no/such/folder').waitFor()
  expect((await hub.call<{ items: Task[] }>('task_list')).items).toEqual([])
})

test('the form of a task offers the repositories that are known', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const repo = await makeRepo()
  await openChange(hub, repo)
  const { page, errors } = await openDashboard(hub)
  await page.getByRole('button', { name: 'New task' }).first().click()
  const field = page.getByRole('combobox', { name: 'Repo', exact: true })
  await field.waitFor()
  const offered = () =>
    field.evaluate((it: HTMLInputElement) =>
      [...(it.list?.options ?? [])].map(({ value }) => value),
    )
  expect(await offered()).toEqual([repo])
  expect(errors).toEqual([])
})

test('everything can be reached by keyboard, and the page fits a phone', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  await hub.call('task_submit', {
    template: 'command',
    command: 'true',
    title: 'a-title-without-any-space-'.repeat(4),
  })
  const { page, errors } = await openPage({ width: 360, colorScheme: 'dark' })
  await page.goto(await hub.hub.loginLink())
  // The link leads on to the page by itself, which would undo a step made before.
  await page.getByRole('button', { name: 'New task' }).first().waitFor()
  await page.goto(`${hub.url}/#/tasks`)
  await page.locator('.task-row').waitFor()
  expect(await fits(page)).toBe(true)
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
  const order: string[] = []
  for (let index = 0; index < 8; index++) {
    await page.keyboard.press('Tab')
    order.push((await focused()).split('\n')[0] ?? '')
  }
  expect(order.slice(0, 8)).toEqual([
    'Skip to content',
    'Now',
    'Tasks',
    'Chat',
    'More',
    'New task',
    expect.stringContaining('Find') as string,
    expect.stringContaining('Chat') as string,
  ])
  await page.keyboard.press('j')
  await page.keyboard.press('o')
  await page.waitForURL(/#\/tasks\//)
  await page.getByRole('heading', { name: 'a-title-without' }).waitFor()
  expect(await fits(page)).toBe(true)
  expect(errors).toEqual([])
})

test.each(['kill', 'stop'] as const)(
  'the page says that the hub is away after a %s, and goes on where it was when it is back',
  async (end) => {
    const hub = new ProcessHub(makeFolder(), ['--dispatch', 'off'])
    await hub.start()
    const port = new URL(hub.url).port
    const again = new ProcessHub(hub.data, ['--dispatch', 'off', '--port', port])
    onTestFinished(async () => {
      await hub.stop()
      await again.stop()
    })
    const submit = (to: ProcessHub, title: string) =>
      to.client().call('task_submit', { template: 'command', command: 'true', title })
    const { page } = await openPage()
    await page.goto(hub.link)
    await page.getByText('live', { exact: true }).waitFor()
    await page.goto(`${hub.url}/#/tasks`)
    await submit(hub, 'before the restart')
    await page.getByText('before the restart').first().waitFor()
    await hub[end]()
    await page.getByText('The hub does not answer.').waitFor()
    await page.getByText('offline, trying again').waitFor()
    await page.getByRole('button', { name: 'New task' }).first().click()
    const form = page.getByRole('dialog', { name: 'New task' })
    await form.getByRole('alert').getByText('the hub does not answer', { exact: true }).waitFor()
    await again.start()
    await page.getByText('live', { exact: true }).waitFor()
    await form.getByRole('combobox', { name: 'Template', exact: true }).waitFor()
    await form.getByRole('button', { name: 'Close' }).click()
    await submit(again, 'after the restart')
    await page.getByText('after the restart').first().waitFor()
  },
)

test('a question of an agent is answered on the task page', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const { id: task } = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one' })
  await hub.call('task_heartbeat', { task, fence: lease.fence })
  const asked = { task, fence: lease.fence, question: 'Deploy it?', details: { to: 'production' } }
  const { id } = await hub.call<{ id: string }>('approval_request', asked)
  const { page, errors } = await openPage()
  await page.goto(await hub.hub.loginLink())
  // The link leads on to the page by itself, which would undo a step made before.
  await page.getByRole('button', { name: 'New task' }).first().waitFor()
  await page.goto(`${hub.url}/#/tasks/${task}`)
  await page.getByText('production', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.locator('.task header .badge', { hasText: 'running' }).waitFor()
  const answer = await hub.call<{ items: unknown[] }>('approval_list', { approval: id })
  expect(answer.items[0]).toMatchObject({ state: 'approved', decidedBy: 'owner' })
  expect(errors).toEqual([])
})

test('a text from a task is shown as text, whatever it says', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  await hub.call('task_submit', {
    template: 'command',
    command: 'true',
    title: '<img src=x onerror=alert(1)>',
  })
  const { page, errors } = await openPage()
  await page.goto(await hub.hub.loginLink())
  // The link leads on to the page by itself, which would undo a step made before.
  await page.getByRole('button', { name: 'New task' }).first().waitFor()
  await page.goto(`${hub.url}/#/tasks`)
  await page.getByText('<img src=x onerror=alert(1)>').waitFor()
  expect(errors).toEqual([])
})

test('an address of no page says so, also in the tab, and leads back', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const { page, go, errors } = await openDashboard(hub, '#/agents')
  await page.getByRole('heading', { name: 'Agents' }).waitFor()
  await go('#/nonsense')
  await page.getByRole('heading', { name: 'No such page' }).waitFor()
  expect(await page.title()).toBe('No such page · Switchyard')
  await expectAccessible(page, 'no page')
  await page.getByRole('button', { name: 'Go back' }).click()
  await page.getByRole('heading', { name: 'Agents' }).waitFor()
  await go('#/nonsense')
  await page.getByRole('link', { name: 'To the start' }).click()
  await page.getByRole('heading', { name: 'This hub is new' }).waitFor()
  expect(errors).toEqual([])
})

test('a first visit without a login says how to sign in', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const { page } = await openPage()
  await page.goto(hub.url)
  await page.getByText('You are signed out').waitFor()
})

test('the first load stays within 45 kB', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const { page } = await openPage()
  const loaded = new Set<string>()
  page.on('response', (response) => loaded.add(new URL(response.url()).pathname))
  await page.goto(await hub.hub.loginLink())
  await page.getByRole('heading', { name: 'This hub is new' }).waitFor()
  const assets = [...loaded].filter((path) => path.startsWith('/assets/'))
  const files = ['/index.html', ...assets].map((path) => readFileSync(join(dist, path)))
  const size = files.reduce((sum, file) => sum + gzipSync(file).length, 0)
  expect(assets.length).toBeGreaterThan(2)
  expect(size).toBeLessThan(45 * 1024)
})
