import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, relative } from 'node:path'
import { run } from '../../kit/run.ts'

/** Whether bubblewrap is installed and this machine lets it make namespaces. */
export async function bwrapWorks(): Promise<boolean> {
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin' }
  const args = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--unshare-pid', 'true']
  const result = await run('bwrap', args, { env, timeoutMs: 5000 }).catch(() => undefined) // Not installed.
  return result?.exitCode === 0
}

/**
 * The command line that runs `command` seeing the system read-only, its own folders writable, and
 * neither the user's home nor the hub's data directory. The network is shared: the agent has to
 * reach the hub, and what else it may reach is not limited by this driver.
 */
export function bwrapCommand(options: {
  command: string[]
  folder: string
  writable: string[]
  dataDir: string
  codeRoot: string
  path: string
}): string[] {
  const { command, folder, writable, dataDir, codeRoot, path } = options
  const readable = [...homeTools(path), codeRoot, process.execPath].filter((entry) =>
    existsSync(entry),
  )
  return [
    'bwrap',
    ...[
      '--ro-bind',
      '/',
      '/',
      '--dev',
      '/dev',
      '--proc',
      '/proc',
      '--tmpfs',
      '/tmp',
      '--tmpfs',
      '/run',
    ],
    ...['--ro-bind-try', '/run/systemd/resolve', '/run/systemd/resolve'],
    ...['--tmpfs', homedir()],
    ...readable.flatMap((entry) => ['--ro-bind', entry, entry]),
    ...['--tmpfs', dataDir],
    ...['--ro-bind-try', join(dataDir, 'repos'), join(dataDir, 'repos')],
    ...['--ro-bind-try', join(dataDir, 'run'), join(dataDir, 'run')],
    ...[folder, ...writable].flatMap((entry) => ['--bind', entry, entry]),
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--chdir', folder, '--'],
    ...command,
  ]
}

/** Folders of the user's home that hold tools on the PATH, such as ~/.cargo or ~/.pyenv. */
function homeTools(path: string): string[] {
  const tops = path.split(delimiter).flatMap((entry) => {
    const within = relative(homedir(), entry)
    const top = within.split('/')[0]
    return within.startsWith('..') || within === '' || !top ? [] : [join(homedir(), top)]
  })
  return [...new Set([...tops, join(homedir(), '.rustup')])]
}
