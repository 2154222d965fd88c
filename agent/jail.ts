import { lstat, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { HubError } from '../schemas/errors.ts'

/**
 * The real path of `path` inside `root`, following symbolic links of every part that exists.
 * Refuses what would lead outside, whether by `..`, an absolute path or a link. The last parts may
 * not exist yet, so that a file can be created.
 */
export async function insideRoot(root: string, path: string): Promise<string> {
  if (path.includes('\0')) throw leaves(path)
  const realRoot = await realpath(root)
  const wanted = resolve(realRoot, path)
  const real = await realOfExisting(wanted)
  const within = relative(realRoot, real)
  if (within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within)) throw leaves(path)
  return real
}

async function realOfExisting(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    // A missing part is fine, its parents are checked; a link to nowhere has no real path to trust.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw leaves(path)
    const dangling = await lstat(path).catch(() => undefined) // Nothing there at all is fine.
    if (dangling) throw leaves(path)
    const parent = dirname(path)
    if (parent === path) throw leaves(path)
    return join(await realOfExisting(parent), path.slice(parent.length).replace(/^[/\\]/, ''))
  }
}

const leaves = (path: string) =>
  new HubError('denied', `${JSON.stringify(path)} leads out of the workspace`, {
    hint: 'Use a path relative to the workspace, without `..` and not through a link out of it.',
  })
