import { createRequire } from 'node:module'
import type * as Json from 'jsonc-parser'
import type * as Re2 from 're2js'
import type * as Yaml from 'yaml'

// Libraries that few calls need. A start does not wait for them: together they cost it a tenth.
const require = createRequire(import.meta.url)

export const yaml = (): typeof Yaml => require('yaml') as typeof Yaml // What the package's types say.
export const jsonc = (): typeof Json => require('jsonc-parser') as typeof Json // The same.
export const re2 = (): typeof Re2 => require('re2js') as typeof Re2 // The same.
