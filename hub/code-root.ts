import { resolve } from 'node:path'

/** The folder Switchyard itself is installed in. */
export const codeRoot = resolve(import.meta.dirname, '..')
