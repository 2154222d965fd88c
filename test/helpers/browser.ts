import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
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
  const { executablePath, libraries } = await unpackBrowser()
  const env = { ...process.env, ...(libraries ? { LD_LIBRARY_PATH: libraries } : {}) }
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

type Unpacked = { executablePath: string; libraries: string | undefined }

/**
 * Unpacks the browser into the folder of temporary files, where it stays. Test files that run side by
 * side find it there: two that unpack it at once would start what the other has half written.
 */
export async function unpackBrowser(): Promise<Unpacked> {
  let executablePath = await chromium.executablePath()
  if (linked(executablePath).status !== 0) {
    rmSync(executablePath) // Whoever unpacked it was ended in the middle.
    executablePath = await chromium.executablePath()
  }
  const isMissing = linked(executablePath).stdout.includes('not found')
  return { executablePath, libraries: isMissing ? await packagedLibraries() : undefined }
}

const linked = (file: string) => spawnSync('ldd', [file], { encoding: 'utf8' })

async function packagedLibraries(): Promise<string> {
  const entry = fileURLToPath(import.meta.resolve('@sparticuz/chromium'))
  const folder = await inflate(join(dirname(entry), '..', 'bin', 'al2023.tar.br'))
  const lib = join(folder, 'lib')
  return existsSync(lib) ? lib : folder
}
