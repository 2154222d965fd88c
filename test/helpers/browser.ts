import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import chromium, { inflate } from '@sparticuz/chromium'
import type { Browser } from 'playwright-core'
import { chromium as playwright } from 'playwright-core'

/**
 * A headless Chromium that comes inside an npm package, so that browser tests need no system
 * install. Where the system has no NSS libraries, those that come with the package are used.
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = await chromium.executablePath()
  const missing = /not found/.test(execFileSync('ldd', [executablePath], { encoding: 'utf8' }))
  const env = { ...process.env, ...(missing ? { LD_LIBRARY_PATH: await packagedLibraries() } : {}) }
  const args = [
    '--no-sandbox',
    '--no-zygote',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--headless=shell',
    '--single-process',
    '--disable-background-networking',
    '--hide-scrollbars',
  ]
  const launch = () => playwright.launch({ executablePath, args, env, headless: true })
  // In one process it crashes now and then before it has begun, by signals 5 and 11.
  return launch().catch(launch).catch(launch)
}

async function packagedLibraries(): Promise<string> {
  const entry = fileURLToPath(import.meta.resolve('@sparticuz/chromium'))
  const folder = await inflate(join(dirname(entry), '..', 'bin', 'al2023.tar.br'))
  const lib = join(folder, 'lib')
  return existsSync(lib) ? lib : folder
}
