import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HubError } from '../schemas/errors.ts'
import { captureOutput } from './processes.ts'

const maxFiles = 50_000

/** What a repository tracks, by path; symbolic links are left out. */
export async function trackedFiles(root: string, signal: AbortSignal): Promise<string[]> {
  const { exitCode, output } = await captureOutput(['git', 'ls-files', '-z', '--stage'], {
    cwd: root,
    signal,
    timeoutMs: 120_000,
    maxBytes: 64 * 1024 * 1024,
  })
  if (exitCode !== 0)
    throw new HubError('unavailable', `git ls-files failed: ${output.slice(0, 500)}`)
  const files = output.split('\0').flatMap((line) => {
    const [, mode, path] = /^(\d+) \S+ \d\t(.+)$/s.exec(line) ?? []
    return path && mode?.startsWith('100') ? [path] : []
  })
  return [...new Set(files)].slice(0, maxFiles)
}

/** The text of a file, or undefined where it is missing, larger than the limit, or no text. */
export async function readText(
  root: string,
  path: string,
  maxBytes: number,
): Promise<string | undefined> {
  const full = join(root, path)
  const found = await lstat(full).catch(() => undefined) // Tracked, but deleted meanwhile.
  if (!found?.isFile() || found.size > maxBytes) return undefined
  const bytes = await readFile(full)
  return bytes.includes(0) ? undefined : bytes.toString('utf8')
}
