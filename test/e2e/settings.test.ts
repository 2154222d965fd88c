import { expect, test } from 'vitest'
import { HubClient } from '../../agent/hub-client.ts'
import { expectFit, openDashboard } from '../helpers/dashboard.ts'
import { failure, startHub } from '../helpers/hub.ts'

test('a credential is shown once, works, and ends; the look is kept in the browser', async () => {
  const hub = await startHub()
  const dashboard = await openDashboard(hub)
  const { page, go, errors } = dashboard
  await go('#/settings')
  await page.getByText(hub.hub.dataDir).waitFor()
  await page.getByRole('button', { name: 'New credential' }).click()
  const form = page.locator('.credentials form')
  await form.getByLabel('Name').fill('Not A Name')
  await form.getByLabel('Role').selectOption('viewer')
  await form.getByRole('button', { name: 'Create' }).click()
  await form.getByRole('alert').getByText('name:').waitFor()
  await form.getByLabel('Name').fill('anna')
  await form.getByRole('button', { name: 'Create' }).click()
  const token = await page.locator('.secret code').textContent()
  const anna = new HubClient({ url: hub.url, token: token ?? '' })
  expect(await anna.call('whoami')).toMatchObject({ principal: { id: 'anna', roles: ['viewer'] } })
  await expectFit(dashboard)
  await page.getByRole('button', { name: 'Revoke that of anna' }).click()
  await page.getByRole('button', { name: 'Revoke that of anna' }).click()
  await page.locator('tbody').getByText('anna').waitFor({ state: 'detached' })
  expect(await failure(anna.call('whoami'))).toMatchObject({ code: 'unauthenticated' })

  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)
  await page.getByLabel('Dark').check()
  await page.getByLabel('Compact').check()
  expect(await scheme()).toBe('dark')
  await page.reload()
  await page.getByLabel('Compact').waitFor()
  expect([await scheme(), await page.getByLabel('Dark').isChecked()]).toEqual(['dark', true])
  await page.getByLabel('As the system').check()
  expect(await scheme()).toBe('light dark')
  expect(await page.content()).not.toContain(token)
  expect(errors).toEqual([])
})
