import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { axeFindings } from './axe.ts'
import type { TestHub } from './hub.ts'
import type { Look } from './page.ts'
import { fits, openPage } from './page.ts'

/** A signed-in page of the dashboard, and what its console said. */
export async function seenPage(
  hub: Pick<TestHub, 'hub'>,
  look: Look = {},
): Promise<{ page: Page; errors: string[]; open(hash: string): Promise<void> }> {
  const { page, errors } = await openPage(look)
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
  expect(await fits(page), `${what} fits its width`).toBe(true)
}
