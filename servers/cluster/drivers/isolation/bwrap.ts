import type { Sandbox, View } from './sandbox.ts'
import { kernelFiles } from './sandbox.ts'

/** The command line that runs a program in bubblewrap. */
export function bwrapCommand({ shown, home, tmp, network }: Sandbox, command: string[]): string[] {
  return [
    'bwrap',
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/run'],
    // A hub that runs as root could else write these: bubblewrap leaves out what looks read-only.
    ...kernelFiles.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--bind', tmp, '/tmp'],
    ...shown.flatMap(({ as, path }) => [...options[as], path, ...(as === 'hide' ? [] : [path])]),
    ...(network === 'own' ? ['--unshare-net'] : []),
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--chdir', home, '--'],
    ...command,
  ]
}

const options: Record<View['as'], string[]> = {
  hide: ['--tmpfs'],
  read: ['--ro-bind'],
  write: ['--bind'],
}
