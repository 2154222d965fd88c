import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { axeFindings } from './axe.ts'
import type { TestHub } from './hub.ts'
import { fits, openPage } from './page.ts'

export type Dashboard = {
  page: Page
  /** Opens an address such as `#/servers`. */
  go(hash: string): Promise<void>
  /** What the browser's console and the page's scripts complained about. */
  errors: string[]
}

/** A browser on the dashboard of a hub, signed in as its owner. */
export async function openDashboard(hub: TestHub): Promise<Dashboard> {
  const { page, errors } = await openPage()
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
  expect(await fits(page)).toBe(true)
  await page.setViewportSize({ width, height })
}
