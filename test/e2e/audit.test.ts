import { expect, test } from 'vitest'
import { expectFit, openDashboard } from '../helpers/dashboard.ts'
import { failure, startHub } from '../helpers/hub.ts'

const hostile = '"><img src=x onerror=alert(1)>'

test('the trail is narrowed in the address, a row opens to its arguments, and the chain is checked', async () => {
  const hub = await startHub()
  const maker = await hub.as('maker', 'developer')
  await maker.call('task_submit', { template: 'command', command: 'true', title: hostile })
  await failure(maker.call('token_create', { name: 'x', role: 'owner', orgs: ['a', 'b'] }))
  const dashboard = await openDashboard(hub)
  const { page, go, errors } = dashboard
  await go('#/audit')
  const list = page.getByRole('list', { name: 'Audit trail' })
  await list.getByText('task_submit').waitFor()
  await page.getByLabel('Only this outcome').selectOption('denied')
  await page.waitForURL(/outcome=denied/)
  await list.getByText('token_create').waitFor()
  // What a call was about is said in words where no id says it.
  await list.getByText('name x, role owner, orgs a, b').waitFor()
  expect(await list.getByRole('listitem').count()).toBe(1)
  await page.getByRole('link', { name: 'Clear' }).click()
  // Before the page has let go of it, the form would send the outcome along.
  await page.getByRole('link', { name: 'Clear' }).waitFor({ state: 'detached' })
  await page.getByLabel('Only this tool').fill('task_submit')
  await page.keyboard.press('Enter')
  await page.waitForURL(/tool=task_submit/)
  await expect.poll(() => list.getByText('token_create').count()).toBe(0)
  await list.getByText('maker').waitFor()
  await list.getByRole('link').first().click()
  await page.locator('.opened').getByText(hostile).waitFor()
  await expectFit(dashboard)
  await page.reload()
  await page.locator('.opened').getByText(hostile).waitFor()
  await page.getByRole('link', { name: 'Close' }).click()
  await page.waitForURL(/#\/audit\?tool=task_submit$/)
  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await page.getByText('The chain is whole.').waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('o')
  await page.locator('.opened').getByText(hostile).waitFor()
  await go('#/audit?subject=nothing-like-it')
  await page.getByText('No call is like that.').waitFor()
  await go('#/audit/99999999')
  await page.getByText('No row 99999999 is kept.').waitFor()
  expect(errors).toEqual([])
})
