import type { Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { axeFindings } from './axe.ts'
import { launchBrowser } from './browser.ts'
import type { TestHub } from './hub.ts'

/** A signed-in page of the dashboard, and what its console said. */
export async function seenPage(
  hub: Pick<TestHub, 'hub'>,
  options: { width?: number; colorScheme?: 'dark' | 'light' } = {},
): Promise<{ page: Page; errors: string[]; open(hash: string): Promise<void> }> {
  const browser = await launchBrowser()
  onTestFinished(() => browser.close())
  const { width = 1280, colorScheme = 'light' } = options
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme })
  page.setDefaultTimeout(60_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(await hub.hub.loginLink())
  await page.getByText('live', { exact: true }).waitFor()
  const open = async (hash: string) => {
    await page.evaluate((to) => void (location.hash = to), hash)
  }
  return { page, errors, open }
}

/** Nothing that axe could find is wrong with the page as it is, and nothing has to be scrolled sideways. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  expect(await axeFindings(page), what).toEqual([])
  const fits = () => document.documentElement.scrollWidth <= innerWidth
  expect(await page.evaluate(fits), `${what} fits its width`).toBe(true)
}
