import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HubError } from '../../../schemas/errors.ts'

/**
 * Refuses the hub's own data directory and whatever lies in it, reached directly or by a link: it
 * holds credentials and the work of every org. A path that does not exist yet is judged by the
 * folder it would be made in. Folders are compared by device and inode, because one folder has
 * several names where letter case does not count or where it is mounted twice.
 */
export async function assertOutsideDataDir(
  { dataDir }: { dataDir: string },
  path: string,
): Promise<void> {
  const own = await stat(dataDir, { bigint: true })
  let folder = await realPathOf(path)
  for (;;) {
    // What went away meanwhile is not the data directory; the folders above it are still looked at.
    const found = await stat(folder, { bigint: true }).catch(missing)
    if (found && found.dev === own.dev && found.ino === own.ino) {
      throw new HubError('denied', `${path} is in the data directory of this hub`, {
        hint: 'Name a folder outside it: what it holds is reached by tools alone.',
      })
    }
    const parent = dirname(folder)
    if (parent === folder) return
    folder = parent
  }
}

/** The real path of `path`, or of the nearest folder above it that exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && parent !== path)
      return realPathOf(parent)
    throw new HubError('unavailable', `${path} cannot be looked up on the hub machine`, {
      cause: error,
    })
  }
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
