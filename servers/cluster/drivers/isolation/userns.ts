import type { Sandbox, View } from './sandbox.ts'
import { setup } from './userns-setup.ts'

/** The command line that runs a program in namespaces made by util-linux alone. */
export function usernsCommand(
  { shown, home, tmp, stage, ids, network }: Sandbox,
  command: string[],
): string[] {
  const views = batchesOf(shown).flatMap((batch) => [
    ...batch.flatMap(({ as, path }) => [as, path, listed(path)]),
    'show',
  ])
  return [
    'unshare',
    ...['--user', '--map-root-user', '--mount', '--pid', '--ipc', '--uts'],
    ...(network === 'own' ? ['--net'] : []),
    ...['--fork', '--kill-child', '--'],
    ...['/bin/sh', '-c', network === 'own' ? `${loopback}${setup}` : setup, 'switchyard-pod'],
    ...[stage, listed(stage), String(ids.user), String(ids.group), home, tmp, listed(tmp)],
    ...[...views, '--', ...command],
  ]
}

/** A network of its own begins with everything down; a shell has no other word for it. */
const loopback = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH ip link set lo up || exit 1\n'

/** Views in their order, in groups within which none lies in another: these may be made at once. */
function batchesOf(views: View[]): View[][] {
  const batches: View[][] = []
  for (const view of views) {
    const last = batches.at(-1)
    if (last && !last.some((one) => isWithin(one.path, view.path) || isWithin(view.path, one.path)))
      last.push(view)
    else batches.push([view])
  }
  return batches
}

const isWithin = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`)

/** A path as a table of mounts writes it. Rule: fstab(5), and the same in /proc/self/mountinfo. */
const listed = (path: string): string =>
  path.replace(
    /[\s\\]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
