import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Task } from '../../schemas/task.ts'
import { expectFit, openDashboard } from '../helpers/dashboard.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub } from '../helpers/hub.ts'

async function spend(hub: TestHub, model: string, tokens: number): Promise<void> {
  const { id: task } = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: `worker-${tokens}` })
  const worker = hub.client.withToken(lease.token)
  await worker.call('usage_report', {
    ...{ runner: 'coder', model, latency_ms: 100 },
    ...{ input_tokens: tokens, output_tokens: 10 },
  })
  await hub.call('task_cancel', { task })
}

test('usage is shown by model, org and day; a budget is set, and shown beside what is spent', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const dashboard = await openDashboard(hub)
  const { page, go, errors } = dashboard
  await go('#/usage')
  await page.getByText('No model was called in this time').waitFor()
  await page.getByText('Nothing is limited').waitFor()
  await spend(hub, 'house/<img src=x onerror=alert(1)>', 4000)
  await spend(hub, 'house/small', 1000)
  await page.locator('.bars li').first().getByText('<img').waitFor()
  const amounts = () => page.locator('.bars .amount').allTextContents()
  await expect.poll(amounts).toEqual(['4,010', '1,010'])
  await page.getByRole('link', { name: 'Calls', exact: true }).click()
  await page.locator('.bars .amount', { hasText: /^1$/ }).first().waitFor()
  await page.getByRole('link', { name: 'orgs' }).click()
  await page.locator('.bars').getByRole('link', { name: 'default' }).waitFor()
  expect(await page.evaluate(() => location.hash)).toMatch(/of=calls.*by=org/)

  await page.getByRole('button', { name: 'Set a limit' }).click()
  const form = page.locator('.budget form')
  await form.locator('summary', { hasText: 'Day' }).click()
  await form.getByRole('group', { name: 'Day' }).getByLabel('Tokens').fill('6000')
  await form.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  await page.locator('.limit').getByText('5,020 of 6,000 spent').waitFor()
  await expectFit(dashboard)
  expect(await hub.call('budget_read')).toMatchObject({ limits: { day: { tokens: 6000 } } })
  await form.getByLabel('Form').selectOption('As it was before')
  await form.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Nothing is limited').waitFor()
  expect(await hub.call('budget_read')).toMatchObject({ from: 'none' })
  expect(errors).toEqual([])
})
