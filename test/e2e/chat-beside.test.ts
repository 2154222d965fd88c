import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Task } from '../../schemas/task.ts'
import { openChange } from '../helpers/changes.ts'
import { expectFit, openDashboard } from '../helpers/dashboard.ts'
import { startHub } from '../helpers/hub.ts'
import { makeRepo } from '../helpers/repo.ts'

test('a task’s change and the chat beside it are accessible, wide and on a phone', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const sum = 'export function sum(a, b) {\n  return a - b\n}\n'
  const repo = await makeRepo({ 'src/sum.js': sum })
  const asked = { template: 'code', repo, goal: 'Add up the basket', model: 'scripted' }
  const { id: task } = await hub.call<Task>('task_submit', asked)
  // Before it is claimed: a lease ends where a busy machine takes long.
  const { id: change } = await openChange(hub, repo, task)
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one', task })
  const { fence } = lease
  await hub.call('task_heartbeat', { task, fence })
  const result = { summary: 'It adds.', change }
  await hub.call('task_report', { task, fence, outcome: 'succeeded', result })
  const dashboard = await openDashboard(hub, `#/tasks/${task}`)
  const { page, errors } = dashboard
  await page.getByRole('link', { name: 'Change', exact: true }).click()
  await page.locator('.diff').getByText('+  return a + b').waitFor()
  await expectFit(dashboard)
  await page.keyboard.press('Control+j')
  const chat = page.getByRole('complementary', { name: 'Chat' })
  const field = chat.getByRole('textbox', { name: 'Message', exact: true })
  await field.fill('/whoami')
  await field.press('Enter')
  // A person ran it, so what came of it is to be seen.
  await chat.locator('details.call[open]', { hasText: 'Who am I' }).getByText('Result').waitFor()
  await chat.locator('.side-head').getByText('/whoami').waitFor()
  const head = chat.locator('.side-head')
  expect(await head.evaluate((it) => getComputedStyle(it).display)).toBe('flex')
  await chat.getByRole('button', { name: 'Send', exact: true }).waitFor()
  // The field stands at the foot of the panel, however short or long what was said is.
  const foot = () => chat.locator('sy-composer').evaluate((it) => it.getBoundingClientRect().bottom)
  const { height = 0 } = page.viewportSize() ?? {}
  expect(Math.abs(height - (await foot()))).toBeLessThan(40)
  await expectFit(dashboard)
  await page.reload()
  await chat.locator('details.call[open]', { hasText: 'Who am I' }).waitFor()
  await head.getByText('/whoami').waitFor()
  const conversation = (await hub.call<{ items: { id: string }[] }>('chat_list')).items[0]
  await dashboard.go('#/chat')
  await page.locator('.conversations a.row').click()
  await page.waitForURL(new RegExp(`chat/${conversation?.id}`))
  await page.getByRole('heading', { name: '/whoami' }).waitFor()
  expect(errors).toEqual([])
})
