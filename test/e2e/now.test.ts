import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Task } from '../../schemas/task.ts'
import { axeFindings } from '../helpers/axe.ts'
import { makeFolder } from '../helpers/folder.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub } from '../helpers/hub.ts'
import { openDashboard } from '../helpers/dashboard.ts'
import { fits, openPage } from '../helpers/page.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { openAiEnd, openAiText, startStreamingModel } from '../helpers/streaming-models.ts'
import { makeRepo } from '../helpers/repo.ts'

const hostile = '<img src=x onerror="alert(1)"> \u202etxt.exe 🚂'

async function work(hub: TestHub, title: string): Promise<{ task: string; fence: number }> {
  const request = { template: 'command', command: 'true', title, max_attempts: 1 }
  const { id: task } = await hub.call<Task>('task_submit', request)
  const offer = { agent: `worker-${task.slice(-5)}`, task }
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', offer)
  await hub.call('task_heartbeat', { task, fence: lease.fence })
  return { task, fence: lease.fence }
}

async function fail(hub: TestHub, title: string): Promise<void> {
  const failure = { code: 'exit', message: `exit code 1: ${hostile}` }
  await hub.call('task_report', { ...(await work(hub, title)), outcome: 'failed', failure })
}

test('a new hub says what to do first, and a first task runs from there', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const { page, errors } = await openDashboard(hub, '')
  await page.getByRole('heading', { name: 'This hub is new' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Run a first task' }).click()
  await page.getByRole('heading', { name: 'A first task' }).waitFor()
  expect(errors).toEqual([])
})

test('what needs a person is a line each, answered in place, and counted in the title', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const asked = await work(hub, 'Send the newsletter')
  await hub.call('approval_request', { ...asked, question: `Send it? ${hostile}`, details: {} })
  await fail(hub, 'Check the links')
  await fail(hub, 'Check the prices')
  const { page, errors } = await openDashboard(hub, '')
  await page.getByRole('heading', { name: 'Needs you 3' }).waitFor()
  expect(await page.title()).toBe('(3) Now · Switchyard')
  await page.getByRole('navigation', { name: 'Pages' }).getByLabel('3 waiting').waitFor()

  await page.locator('.inbox summary', { hasText: 'Send it?' }).click()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('heading', { name: 'Needs you 2' }).waitFor()
  await page.getByRole('button', { name: 'Seen: Check the links' }).click()
  await page.getByRole('heading', { name: 'Needs you 1' }).waitFor()

  await page.reload() // What was seen stays so in this browser.
  await page.getByRole('heading', { name: 'Needs you 1' }).waitFor()
  await page.locator('.inbox a', { hasText: 'Check the prices' }).click()
  await page.getByRole('heading', { name: 'Check the prices' }).waitFor()
  await page.getByRole('link', { name: 'Now', exact: true }).click()
  await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
  expect(await page.title()).toBe('Now · Switchyard')
  expect(errors).toEqual([])
})

test('what runs shows its last line, and the page is sound in light, dark and on a phone', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const running = await work(hub, 'Import the orders')
  const chunks = [{ stream: 'out', at: 1, data: `first\n${hostile}\n` }]
  await hub.call('task_log_append', { ...running, position: 0, chunks })
  await fail(hub, 'A failure with a long name '.repeat(6))
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, errors } = await openDashboard(hub, '', { colorScheme, width: 360 })
    await page.locator('.last-line', { hasText: '<img src=x' }).waitFor()
    await page.getByText('Pods', { exact: true }).waitFor()
    expect(await fits(page)).toBe(true)
    expect(await axeFindings(page), colorScheme).toEqual([])
    expect(errors).toEqual([])
  }
})

test('a pasted token signs in, a wrong one says so, and a goal becomes a task', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const made = await hub.call<{ token: string }>('token_create', { name: 'ada', role: 'developer' })
  const { page } = await openPage()
  await page.goto(hub.url)
  await page.getByLabel('Token').fill('sy_wrong-but-long-enough')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('unknown, expired or revoked').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByLabel('Token').fill(made.token)
  await page.keyboard.press('Enter')
  await page.getByLabel('What should be done?').fill('Add up the basket')
  await page.keyboard.press('Enter')
  const form = page.getByRole('dialog', { name: 'New task' })
  await form.locator('[name=repo]').waitFor()
  expect(await form.getByRole('textbox', { name: 'Goal', exact: true }).inputValue()).toBe(
    'Add up the basket',
  )
})

test('while the hub is away the page says from when it is, and it goes on by itself', async () => {
  const hub = new ProcessHub(makeFolder(), ['--dispatch', 'off'])
  await hub.start()
  const again = new ProcessHub(hub.data, ['--dispatch', 'off', '--port', new URL(hub.url).port])
  onTestFinished(async () => {
    await hub.stop()
    await again.stop()
  })
  await hub.client().call('task_submit', { template: 'command', command: 'true', title: 'before' })
  const { page } = await openPage()
  await page.goto(hub.link)
  await page.getByText('live', { exact: true }).waitFor()
  await page.goto(`${hub.url}/#/tasks`)
  await page.getByText('before', { exact: true }).waitFor()
  await hub.kill()
  await page.getByRole('alert').getByText('What you see is from').waitFor()
  expect(await page.getByText('before', { exact: true }).isVisible()).toBe(true)
  await again.start()
  await page.getByText('The hub does not answer').waitFor({ state: 'detached' })
  await again.client().call('task_submit', { template: 'command', command: 'true', title: 'after' })
  await page.getByText('after', { exact: true }).waitFor()
})

test('a task is submitted, watched, reviewed and merged by keyboard alone', async () => {
  const hub = await startHub({ model: 'scripted', dispatch: 'local', isolation: 'auto' })
  const repo = await makeRepo()
  const { page, errors } = await openDashboard(hub, '')
  await page.getByRole('heading', { name: 'This hub is new' }).waitFor()
  let keys = 0
  const press = async (key: string): Promise<void> => {
    keys++
    await page.keyboard.press(key)
  }
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
  await press('c')
  await page.getByRole('combobox', { name: 'Template', exact: true }).waitFor()
  await page.keyboard.type('code') // Words are not counted: somebody types them anyhow.
  await press('Tab')
  await page.keyboard.type(repo)
  await press('Tab')
  await page.keyboard.type('Make the failing test pass')
  await press('Control+Enter')
  await page.getByRole('heading', { name: 'Make the failing test pass' }).waitFor()
  await page.locator('.diff').getByText('+  return a + b').first().waitFor()
  for (let tab = 0; tab < 80 && (await focused()) !== 'Merge'; tab++) await press('Tab')
  await press('Shift+Tab') // Back to "also update my checkout".
  await press('Space')
  await press('Tab')
  await press('Enter')
  await page.getByText('Merged by owner').waitFor()
  expect(readFileSync(join(repo, 'src/sum.js'), 'utf8')).toContain('a + b')
  console.log(`the tour took ${keys} keys beside the words`)
  expect(keys).toBeLessThan(60)
  expect(errors).toEqual([])
})

test('what is said on Now goes to the assistant beside it where there is one', async () => {
  const model = await startStreamingModel((_asked, write) =>
    write(openAiText('Two failed.') + openAiEnd()),
  )
  const hub = await startHub({}, model.openAi)
  const { page, errors } = await openDashboard(hub)
  const field = page.getByRole('textbox', { name: 'What should be done?' })
  await page.getByRole('button', { name: 'Ask', exact: true }).waitFor()
  await field.fill('What failed today?')
  await field.press('Enter')
  const chat = page.getByRole('complementary', { name: 'Chat' })
  await chat.getByRole('log').getByText('What failed today?').waitFor()
  await chat.getByRole('log').getByText('Two failed.').waitFor()
  expect(await field.inputValue()).toBe('')
  // Another question is another conversation, and a task is one key away.
  await field.fill('And yesterday?')
  await field.press('Enter')
  await chat.getByRole('log').getByText('And yesterday?').waitFor()
  await chat.getByRole('log').getByText('What failed today?').waitFor({ state: 'detached' })
  await field.fill('Mend the links')
  await field.press('Control+Enter')
  const form = page.getByRole('dialog', { name: 'New task' })
  await form.getByRole('textbox', { name: 'Goal' }).waitFor()
  expect(await form.getByRole('textbox', { name: 'Goal' }).inputValue()).toBe('Mend the links')
  expect(errors).toEqual([])
})

test('without a model Now runs a tool by its name, and all else is a task', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const { page, errors } = await openDashboard(hub)
  const field = page.getByRole('textbox', { name: 'What should be done?' })
  await field.fill('/whoami')
  await field.press('Enter')
  const chat = page.getByRole('complementary', { name: 'Chat' })
  await chat.locator('details.call', { hasText: 'Who am I' }).waitFor()
  await page.getByRole('heading', { level: 1 }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await page.getByRole('button', { name: 'Ask', exact: true }).count()).toBe(0)
  await field.fill('Mend the links')
  await field.press('Enter')
  await page.getByRole('dialog', { name: 'New task' }).waitFor()
  expect(errors).toEqual([])
})
