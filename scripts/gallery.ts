import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launchBrowser } from '../test/helpers/browser.ts'
import { buildGallery, openGallery } from '../test/helpers/gallery.ts'

// Photographs every part of the dashboard in each of its states: `npm run gallery`.
const images = join(import.meta.dirname, '..', 'docs', 'images')
const { folder, remove } = await buildGallery()
try {
  mkdirSync(images, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    const browser = await launchBrowser()
    const page = await browser.newPage({ viewport: { width: 1100, height: 800 }, colorScheme })
    await openGallery(page, folder)
    await page.screenshot({ path: join(images, `gallery-${colorScheme}.png`), fullPage: true })
    await browser.close()
  }
  console.log(`the gallery is in ${images}`)
} finally {
  remove()
}
