import { expect, test } from 'vitest'
import type { Task } from '../../schemas/task.ts'
import { openDashboard } from '../helpers/dashboard.ts'
import { startHub } from '../helpers/hub.ts'
import { makeRepo } from '../helpers/repo.ts'

test('a task whose budget is spent is shown, however many newer ones wait for an agent', async () => {
  const hub = await startHub()
  await hub.call('budget_set', { budget: { day: { steps: 1 } } })
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }]
  await hub.call('model_generate', { prompt, model: 'scripted' })
  const code = { template: 'code', repo: await makeRepo(), model: 'scripted' }
  const held = await hub.call<Task>('task_submit', { ...code, goal: 'Add up the basket' })
  expect(held.waitingFor).toBe('budget')
  await Promise.all(
    Array.from({ length: 60 }, () =>
      hub.call('task_submit', { template: 'command', command: 'true' }),
    ),
  )
  const { page, errors } = await openDashboard(hub)
  await page.getByRole('heading', { name: 'Needs you 1' }).waitFor()
  await page.locator('.inbox a', { hasText: 'Add up the basket' }).waitFor()
  await hub.call('budget_set', { budget: { day: { steps: 100 } } })
  await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor()
  expect(errors).toEqual([])
})
