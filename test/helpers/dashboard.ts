import type { Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { axeFindings } from './axe.ts'
import { launchBrowser } from './browser.ts'
import type { TestHub } from './hub.ts'

export type Dashboard = {
  page: Page
  /** Opens an address such as `#/servers`. */
  go(hash: string): Promise<void>
  /** What the browser's console and the page's scripts complained about. */
  errors: string[]
}

/** A browser on the dashboard of a hub, signed in as its owner. */
export async function openDashboard(hub: TestHub): Promise<Dashboard> {
  const browser = await launchBrowser()
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(60_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(await hub.hub.loginLink())
  await page.getByText('live', { exact: true }).waitFor()
  const go = async (hash: string) => {
    await page.evaluate((to) => {
      location.hash = to
    }, hash)
  }
  return { page, go, errors }
}

/** Holds a view against what every view has to be: readable, and no wider than a phone. */
export async function expectFit({ page }: Dashboard): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await axeFindings(page)).toEqual([])
  }
  const { width = 0, height = 0 } = page.viewportSize() ?? {}
  await page.setViewportSize({ width: 360, height: 700 })
  const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
  expect(isWide).toBe(false)
  await page.setViewportSize({ width, height })
}
