import { expect, onTestFinished, test } from 'vitest'
import { axeFindings } from '../helpers/axe.ts'
import { buildGallery, openGallery } from '../helpers/gallery.ts'
import { fits, openPage } from '../helpers/page.ts'

test('every part is sound in each of its states, in light and dark, and fits a phone', async () => {
  const { folder, remove } = await buildGallery()
  onTestFinished(remove)
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, errors } = await openPage({ colorScheme })
    await openGallery(page, folder)
    expect(await axeFindings(page), colorScheme).toEqual([])
    await page.setViewportSize({ width: 360, height: 800 })
    expect(await fits(page)).toBe(true)
    expect(errors).toEqual([])
  }
})
