import { execFile } from 'node:child_process'
import { join } from 'node:path'

export const bin = join(import.meta.dirname, '..', '..', 'bin', 'switchyard.js')

export type Ran = { code: number; out: string; err: string }

/** Runs a command to its end. */
export function sy(args: string[], env: Record<string, string> = {}, cwd?: string): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, ...(cwd ? { cwd } : {}) }
    execFile(process.execPath, [bin, ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })
}
