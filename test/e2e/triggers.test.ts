import { expect, test } from 'vitest'
import type { Trigger } from '../../schemas/trigger.ts'
import { expectFit, openDashboard } from '../helpers/dashboard.ts'
import { startHub, until } from '../helpers/hub.ts'

const title = 'Nightly <script>alert(1)</script> 🚂 تقرير'

test('a trigger is created in a form, run by hand, switched off, changed and deleted', async () => {
  const hub = await startHub()
  const dashboard = await openDashboard(hub)
  const { page, go, errors } = dashboard
  const all = async () => (await hub.call<{ items: Trigger[] }>('trigger_list')).items
  await go('#/triggers')
  await page.getByText('Nothing submits tasks by itself yet').waitFor()
  await page.getByRole('link', { name: 'Create one' }).click()
  const form = page.locator('.new form')
  await form.getByLabel('Title', { exact: false }).first().fill(title)
  await form.getByRole('group', { name: 'On' }).getByLabel('Form').selectOption('Schedule')
  await form.getByLabel('Cron').fill('0 6 * * 1-5')
  await form.getByLabel('Template').selectOption('command')
  await form.getByLabel('Command').fill('echo nightly')
  await form.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name: title }).waitFor()
  await page.locator('.rows').getByText(title).waitFor()
  await expectFit(dashboard)

  await page.getByRole('button', { name: 'Run now' }).click()
  await page.getByRole('status').getByRole('link', { name: 'task' }).waitFor()
  await page.locator('.runs li').first().getByRole('link').waitFor()
  await page.getByRole('button', { name: 'Disable' }).click()
  await page.getByText('Off: by owner').waitFor()

  await page.getByRole('button', { name: 'Change' }).click()
  const change = page.locator('.trigger form')
  expect(await change.getByLabel('Cron').inputValue()).toBe('0 6 * * 1-5')
  await change.getByLabel('Cron').fill('not a cron')
  await change.getByRole('button', { name: 'Save' }).click()
  await change.getByRole('alert').waitFor()
  await change.getByLabel('Cron').fill('0 7 * * *')
  await change.getByRole('button', { name: 'Save' }).click()
  await until(
    async () =>
      (await all())[0]?.on.kind === 'schedule' && JSON.stringify(await all()).includes('0 7'),
  )
  expect((await all())[0]).toMatchObject({ enabled: false, submit: { command: 'echo nightly' } })

  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Yes, delete it' }).click()
  await page.getByText('Nothing submits tasks by itself yet').waitFor()
  expect(await all()).toEqual([])
  expect(errors).toEqual([])
})
