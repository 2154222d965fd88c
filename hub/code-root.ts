import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder Switchyard itself is installed in. */
export const codeRoot = resolve(import.meta.dirname, '..')

/** What this version of Switchyard calls itself. */
export const manifest = JSON.parse(readFileSync(join(codeRoot, 'package.json'), 'utf8')) as {
  version: string
} // Ours.
