import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { axeFindings } from './axe.ts'
import type { TestHub } from './hub.ts'
import type { Look } from './page.ts'
import { fits, openPage } from './page.ts'

export type Dashboard = {
  page: Page
  /** Opens an address such as `#/servers`. */
  go(hash: string): Promise<void>
  /** What the browser's console and the page's scripts complained about. */
  errors: string[]
}

/** A browser on the dashboard of a hub, signed in as its owner, at an address. */
export async function openDashboard(
  hub: Pick<TestHub, 'hub'>,
  hash = '',
  look: Look = {},
): Promise<Dashboard> {
  const { page, errors } = await openPage(look)
  await page.goto(await hub.hub.loginLink())
  // The link leads on by itself; going elsewhere before that would be crossed by it.
  await page.locator('.connection[data-state=live]').waitFor()
  const go = (to: string) =>
    page.evaluate((address) => {
      location.hash = address
    }, to)
  if (hash !== '') await go(hash)
  return { page, go, errors }
}

/** Nothing that axe could find is wrong with the page as it is, and nothing has to be scrolled sideways. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  expect(await axeFindings(page), what).toEqual([])
  expect(await fits(page), `${what} fits its width`).toBe(true)
}

/** Holds a view against what every view has to be: readable, and no wider than a phone. */
export async function expectFit({ page }: Pick<Dashboard, 'page'>): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await axeFindings(page)).toEqual([])
  }
  const { width = 0, height = 0 } = page.viewportSize() ?? {}
  await page.setViewportSize({ width: 360, height: 700 })
  expect(await fits(page)).toBe(true)
  await page.setViewportSize({ width, height })
}
