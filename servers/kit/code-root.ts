import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'

const packageFile = findPackageJSON(import.meta.url)
if (packageFile === undefined) throw new Error(`no package.json above ${import.meta.filename}`)

/** The folder Switchyard itself is installed in, whether its sources run or the bundle of them. */
export const codeRoot = dirname(packageFile)

/** Where the bundle that `npm ci` makes is. */
export const bundleFolder = join(codeRoot, 'dist')

/** Whether this runs from it. */
export const isBundled = import.meta.dirname === bundleFolder

/** What this version of Switchyard calls itself. */
export const manifest = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string } // Ours.
