import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { launchBrowser } from './browser.ts'

/** How a page is looked at; by default wide, and in the light. */
export type Look = { width?: number; height?: number; colorScheme?: 'dark' | 'light' }

/**
 * A page of the dashboard in a browser of its own, with the errors it met. A script that ran from a
 * text would open a dialog, and counts as one.
 */
export async function openPage(look: Look = {}): Promise<{ page: Page; errors: string[] }> {
  const browser = await launchBrowser()
  onTestFinished(() => browser.close())
  const { width = 1280, height = 800, colorScheme = 'light' } = look
  const page = await browser.newPage({ viewport: { width, height }, colorScheme })
  page.setDefaultTimeout(60_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('dialog', (dialog) => {
    errors.push(`a script ran: ${dialog.message()}`)
    void dialog.dismiss()
  })
  return { page, errors }
}

/** Whether the page is no wider than what it is seen through. */
export const fits = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)
