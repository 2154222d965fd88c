import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { playApps, serveApps } from './gallery-apps.ts'
import { redDot } from './pictures.ts'

const root = join(import.meta.dirname, '..', '..', 'web')
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
}

/** The gallery as files, built beside the dashboard and never with it. */
export async function buildGallery(): Promise<{ folder: string; remove(): void }> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-gallery-'))
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: folder,
      target: 'es2023',
      rollupOptions: { input: join(root, 'gallery.html') },
    },
  })
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Opens it without a server: the browser's requests are answered from the folder. */
export async function openGallery(page: Page, folder: string): Promise<void> {
  await page.route('http://gallery.test/**', (route) => {
    const { pathname } = new URL(route.request().url())
    if (pathname.startsWith('/pictures/'))
      return route.fulfill({ body: redDot, contentType: 'image/png' })
    const contentType = types[extname(pathname)] ?? 'text/plain'
    return route.fulfill({ body: readFileSync(join(folder, pathname)), contentType })
  })
  await serveApps(page)
  await page.goto('http://gallery.test/gallery.html')
  await page.getByRole('heading', { name: 'First steps' }).waitFor()
  await playApps(page)
}
