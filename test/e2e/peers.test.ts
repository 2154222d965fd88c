import { expect, test } from 'vitest'
import type { Peer } from '../../schemas/peer.ts'
import { expectFit, openDashboard } from '../helpers/dashboard.ts'
import { startHub } from '../helpers/hub.ts'

test('two hubs are joined in the browser: one invites, the other takes the invitation, and both part', async () => {
  const [near, far] = [await startHub(), await startHub()]
  const dashboard = await openDashboard(near)
  const { page, go, errors } = dashboard
  await go('#/peers')
  await page.getByText('This hub works alone').waitFor()
  const { invitation } = await far.call<{ invitation: string }>('peer_invite', {
    role: 'developer',
    mutual: true,
    url: far.url,
  })
  await page.getByRole('link', { name: 'join with an invitation', exact: true }).click()
  const form = page.locator('.join form')
  await form.getByLabel('Invitation').fill('not one')
  await form.getByLabel('Name').fill('far')
  await form.getByLabel('As', { exact: false }).first().fill('near')
  await form.getByRole('button', { name: 'Join' }).click()
  await form.getByRole('alert').waitFor()
  await form.getByLabel('Invitation').fill(invitation)
  await form.getByRole('button', { name: 'Join' }).click()
  await page.getByText('Joined.').waitFor()
  await page.locator('.peers').getByRole('heading', { name: 'far' }).waitFor()
  await expectFit(dashboard)

  await page.getByRole('link', { name: 'Invite a hub' }).click()
  await page.getByRole('button', { name: 'Make an invitation' }).click()
  expect(await page.locator('.secret code').textContent()).toContain('#peer.')
  await page.getByText('only hubs on this machine can use it').waitFor()
  await page.getByRole('button', { name: 'Remove far' }).click()
  await page.getByRole('button', { name: 'Yes, end it with far' }).click()
  await page.getByText('This hub works alone').waitFor()
  expect((await near.call<{ items: Peer[] }>('peer_list')).items).toEqual([])
  expect(errors).toEqual([])
})
