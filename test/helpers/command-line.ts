import { execFile } from 'node:child_process'
import { join } from 'node:path'

export const bin = join(import.meta.dirname, '..', '..', 'bin', 'switchyard.js')

/** What a hub or its command line is started with: they refuse variables that only tests know. */
export const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SWITCHYARD_TEST_')),
  )

export type Ran = { code: number; out: string; err: string }

/** Runs a command to its end. */
export function sy(args: string[], env: Record<string, string> = {}, cwd?: string): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { ...ownEnvironment(), ...env }, ...(cwd ? { cwd } : {}) }
    execFile(process.execPath, [bin, ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })
}
