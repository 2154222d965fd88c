import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder } from '../helpers/folder.ts'
import { openPage } from '../helpers/page.ts'
import { ProcessHub } from '../helpers/process-hub.ts'

/** A page of a hub that can be taken away and started again at the same address. */
async function visit(): Promise<{ page: Page; leave(): Promise<void>; back(): Promise<void> }> {
  const hub = new ProcessHub(makeFolder(), ['--dispatch', 'off'])
  await hub.start()
  const port = new URL(hub.url).port
  const again = new ProcessHub(hub.data, ['--dispatch', 'off', '--port', port])
  onTestFinished(async () => {
    await hub.stop()
    await again.stop()
  })
  const { page } = await openPage()
  await page.goto(hub.link)
  await page.getByText('live', { exact: true }).waitFor()
  const leave = async () => {
    await hub.kill()
    await page.locator('.away', { hasText: 'The hub does not answer.' }).waitFor()
  }
  return { page, leave, back: async () => void (await again.start()) }
}

const open = (page: Page, hash: string) =>
  page.evaluate((to) => {
    location.hash = to
  }, hash)

test('what is opened first while the hub is away shows when it is back, without a reload', async () => {
  const { page, leave, back } = await visit()
  await page.evaluate(() => void (document.documentElement.dataset.same = 'yes'))
  await leave()
  await page.keyboard.press('Control+k') // There is nothing of it yet, and no key may be lost for it.
  await open(page, '#/notes')
  await back()
  await page.getByRole('heading', { name: 'No vault yet' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Find a page' }).waitFor()
  await page.keyboard.press('Escape')
  expect(await page.locator('html[data-same]').count()).toBe(1)
})

test('what could not be loaded is said, and what was typed stays until the page is loaded anew', async () => {
  const { page } = await visit()
  await page.keyboard.press('Control+j')
  const field = page.locator('sy-chat-side textarea')
  await field.fill('half a question')
  await page.route(/\/assets\/agents-/, (route) => route.abort())
  await open(page, '#/agents')
  const missing = page.getByText('A part of this page could not be loaded.')
  await missing.waitFor()
  await page.unrouteAll()
  await open(page, '#/notes') // Other pages come.
  await page.getByRole('heading', { name: 'No vault yet' }).waitFor()
  expect(await field.inputValue()).toBe('half a question')
  await open(page, '#/agents')
  await page.getByRole('button', { name: 'Load the whole page anew' }).click()
  await page.getByRole('heading', { name: 'Agents' }).waitFor()
  await missing.waitFor({ state: 'detached' })
})
