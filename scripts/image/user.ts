import type { Tree } from './tree.ts'

/**
 * The user whose program an image runs, with a home and a folder for what is temporary; who is who is
 * written where the image has no system of its own.
 */
export function addUser(
  tree: Tree,
  { name, id, home }: { name: string; id: number; home: string },
  isAlone: boolean,
): void {
  tree.folder(home, { uid: id, gid: id })
  tree.folder('tmp', { mode: 0o1777 })
  if (!isAlone) return
  const users = [
    ['root', 0, '/root'],
    [name, id, home],
    ['nobody', 65_534, '/nonexistent'],
  ] as const
  tree.text(
    'etc/passwd',
    users.map(([who, uid, at]) => `${who}:x:${uid}:${uid}::${at}:/bin/sh\n`).join(''),
  )
  tree.text('etc/group', users.map(([who, gid]) => `${who}:x:${gid}:\n`).join(''))
}
