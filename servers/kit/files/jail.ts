import { lstat, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { HubError } from '../../../schemas/errors.ts'

/**
 * The absolute path of `path` inside `root`. Every part that exists is followed, and what would
 * lead outside is refused: `..`, an absolute path, a link. The last parts may not exist yet.
 */
export async function insideFolder(root: string, path: string): Promise<string> {
  const parts = path.split('/')
  // oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
  const odd = /[\0-\x1f\x7f\\]/.test(path) || isAbsolute(path) || /^[a-zA-Z]:/.test(path)
  if (path === '' || odd || parts.some((part) => part === '..' || part === '.' || part === '')) {
    throw new HubError(
      'denied',
      `${JSON.stringify(path.slice(0, 200))} is not a path inside the folder`,
      {
        hint: 'Use a path relative to the folder, with forward slashes and without `..`.',
      },
    )
  }
  const realRoot = await realpath(root).catch((error: unknown) => {
    throw new HubError('unavailable', `the folder ${root} cannot be read`, { cause: error })
  })
  let current = realRoot
  for (const part of parts) {
    const next = join(current, part)
    const found = await lstat(next).catch(() => undefined) // Missing: nothing to follow.
    if (!found) {
      current = next
      continue
    }
    current = found.isSymbolicLink() ? await followed(next, path) : next
    if (!isWithin(realRoot, current)) throw leaves(path)
  }
  return current
}

/** Whether an absolute path is the folder or below it; both have to be real paths. */
function isWithin(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

async function followed(link: string, path: string): Promise<string> {
  try {
    return await realpath(link)
  } catch (error) {
    throw new HubError('denied', `${JSON.stringify(path)} goes through a broken link`, {
      cause: error,
    })
  }
}

const leaves = (path: string) =>
  new HubError('denied', `${JSON.stringify(path)} leads out of the folder through a link`, {
    hint: 'Name the file by a path that stays inside.',
  })
