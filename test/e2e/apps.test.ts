import { join } from 'node:path'
import { expect, test } from 'vitest'
import { axeFindings } from '../helpers/axe.ts'
import { until } from '../helpers/hub.ts'
import { openPage } from '../helpers/page.ts'
import { startWith, state } from '../helpers/upstreams.ts'

const fixture = join(import.meta.dirname, '..', 'fixtures', 'upstreams', 'app.ts')

test('the app of a server is shown in a sandbox, and reaches that server with a yes for what is no read', async () => {
  const hub = await startWith({ garden: { command: process.execPath, args: [fixture] } })
  await until(async () => (await state(hub, 'garden'))?.state === 'ready')
  const { page, errors } = await openPage()
  await page.goto(await hub.hub.loginLink())
  await page.getByText('live', { exact: true }).waitFor() // The link leads on to the page.
  await page.goto(`${hub.url}/#/servers/garden/garden_show_plot`)
  await page.getByRole('textbox', { name: 'Plot' }).fill('north')
  await page.getByRole('button', { name: 'Run', exact: true }).click()

  const app = page.frameLocator('sy-app-frame iframe').frameLocator('iframe')
  const said = (id: string, text: string | RegExp) =>
    app.locator(`#${id}`).filter({ hasText: text }).waitFor()
  await said('input', '{"plot":"north"}')
  await said('result', 'the plot north')
  await said('theme', 'light')
  // Another origin, no cookies, no storage, no network.
  await said('reach', 'SecurityError,SecurityError,SecurityError')
  await said('net', 'closed')

  await app.getByRole('button', { name: 'look' }).click()
  await said('answer', '7 beds')
  await app.getByRole('button', { name: 'foreign' }).click()
  await said('answer', 'refused: ')
  await app.getByRole('button', { name: 'read', exact: true }).click()
  await said('answer', /refused: .*task:\/\/task-1/)
  await app.getByRole('button', { name: 'evil' }).click()
  await said('answer', 'only web addresses')

  await app.getByRole('button', { name: 'dig' }).click()
  const asked = page.getByRole('alertdialog', { name: 'The app asks' })
  await asked.getByText('call garden_dig_bed').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await asked.getByRole('button', { name: 'Refuse' }).click()
  await said('answer', 'a person refused it')
  await page.getByText('You refused: to call garden_dig_bed').waitFor()
  await app.getByRole('button', { name: 'dig' }).click()
  await asked.getByRole('button', { name: 'Allow' }).click()
  await said('answer', 'dug 3')
  expect(await page.getByText('You refused').count()).toBe(0)

  await app.getByRole('button', { name: 'end' }).click()
  await page.getByText('The app of garden has ended').waitFor()
  expect(await page.locator('sy-app-frame iframe').count()).toBe(0)
  await page.getByRole('button', { name: 'Open it again' }).click()
  await said('result', 'the plot north')
  // What was forbidden is said by the browser: the app's own fetch, and the read that the hub refused.
  expect(errors.filter((text) => !/Content Security Policy|status of 400/.test(text))).toEqual([])
})
