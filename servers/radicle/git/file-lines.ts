import { gitRaw } from '../../kit/git.ts'
import type { GitCopy } from './copy.ts'

const mostBytes = 16 * 1024 * 1024

/**
 * How many lines a file has in a commit: none where it is a folder or a submodule, no bound where it is
 * too long to count, and undefined where nothing is called so.
 */
export async function countLines(
  { dir }: GitCopy,
  commit: string,
  path: string,
): Promise<number | undefined> {
  const named = `${commit}:${path}`
  const { exitCode, stdout, truncated } = await gitRaw(
    ['--git-dir', dir, 'cat-file', 'blob', named],
    { maxBytes: mostBytes },
  )
  if (truncated) return Infinity
  if (exitCode !== 0) {
    const wanted = ['--verify', '--quiet', '--end-of-options', named]
    return (await gitRaw(['--git-dir', dir, 'rev-parse', ...wanted])).exitCode === 0 ? 0 : undefined
  }
  const ends = stdout.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0)
  return stdout.length === 0 || stdout.at(-1) === 10 ? ends : ends + 1
}
