import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { spawn } from 'node:child_process'
import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import type { RunOptions, RunResult } from './run.ts'
import { run } from './run.ts'

// Settings that a repository could use to run programs of its own are off on every call, and no
// configuration of the user or the machine is read.
const hardening = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.sshCommand', 'false'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['diff.external', ''],
  ['protocol.allow', 'never'],
  ['protocol.file.allow', 'always'],
  ['protocol.ext.allow', 'never'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['commit.gpgSign', 'false'],
  ['core.quotePath', 'false'],
  ['safe.directory', '*'],
].flatMap(([key, value]) => ['-c', `${key}=${value}`])

const environment = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_AUTHOR_NAME: 'Switchyard',
  GIT_AUTHOR_EMAIL: 'switchyard@localhost',
  GIT_COMMITTER_NAME: 'Switchyard',
  GIT_COMMITTER_EMAIL: 'switchyard@localhost',
})

const lockTries = 20
const lockPauseMs = 250

/**
 * Runs one Git command with hooks, foreign protocols and user configuration off. While another Git
 * holds a lock (the user's own, or one that outlived a killed hub), it waits for up to five seconds.
 */
export async function gitRaw(args: string[], options: RunOptions = {}): Promise<RunResult> {
  for (let tries = 1; ; tries++) {
    const env = { ...environment(), ...options.env }
    const result = await run('git', [...hardening, ...args], { ...options, env })
    const locked =
      result.exitCode !== 0 && /\.lock': File exists/.test(result.stderr.toString('utf8'))
    if (!locked || tries >= lockTries) return result
    await new Promise((resolve) => setTimeout(resolve, lockPauseMs))
  }
}

/**
 * Starts a Git command whose input and output are streams, with the same things off, in a process group
 * of its own. `settings` hold for what it starts as well.
 */
export const spawnGit = (
  args: string[],
  { settings, env }: { settings: [key: string, value: string][]; env: Record<string, string> },
): ChildProcessWithoutNullStreams => {
  const more = settings.flatMap(([key, value]) => ['-c', `${key}=${value}`])
  return spawn('git', [...hardening, ...more, ...args], {
    env: { ...environment(), ...env },
    detached: true,
    stdio: 'pipe',
  })
}

/** Standard output of a Git command that has to succeed. */
export async function git(args: string[], options: RunOptions = {}): Promise<string> {
  const result = await gitRaw(args, options)
  if (result.exitCode === 0) return result.stdout.toString('utf8')
  const said = result.stderr.toString('utf8').trim() || `exit code ${result.exitCode}`
  if (said.includes('No space left on device')) {
    throw new HubError('exhausted', `git ${args[0]}: the disk is full`, {
      hint: 'Free some space and send the same call again.',
    })
  }
  throw new HubError('conflict', `git ${commandWord(args)} failed: ${said.slice(0, 2000)}`)
}

const commandWord = (args: string[]) =>
  args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '-C') ?? ''

/**
 * The commit that a ref or a hash names, and nothing that merely looks like it. `where` says which
 * repository, as Git's own options do: `-C` with a folder, or `--git-dir`.
 */
export async function commitAt(where: string[], name: string): Promise<string | undefined> {
  const wanted = ['--verify', '--quiet', '--end-of-options', `${name}^{commit}`]
  const found = await gitRaw([...where, 'rev-parse', ...wanted])
  return found.exitCode === 0 ? found.stdout.toString('utf8').trim() : undefined
}

/** The top folder of the repository at `path`, or a typed refusal. */
export async function repositoryRoot(path: string): Promise<string> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path) || /^[^/]+@[^/]+:/.test(path)) {
    throw new HubError('unsupported', `${path} is a remote address`, {
      hint: 'Clone it first and pass the folder of the clone.',
    })
  }
  if (!isAbsolute(path)) {
    throw new HubError('invalid', `repository path ${JSON.stringify(path)} is not absolute`, {
      hint: 'Pass the full path of the folder on the machine where the hub runs.',
    })
  }
  const absent = new HubError('not_found', `there is no folder ${path} on the hub machine`)
  const found = await stat(path).catch(() => undefined) // Any failure means: cannot be used.
  if (!found?.isDirectory()) throw absent
  const result = await gitRaw(['-C', path, 'rev-parse', '--show-toplevel'])
  const bare =
    result.exitCode === 0 ? result : await gitRaw(['-C', path, 'rev-parse', '--absolute-git-dir'])
  if (bare.exitCode !== 0) {
    throw new HubError('invalid', `${path} is not a Git repository`, {
      hint: 'Run `git init` there and commit something, or pass another folder.',
    })
  }
  return realpath(bare.stdout.toString('utf8').trim()).catch(() => Promise.reject(absent)) // Gone meanwhile.
}

/** The Git folder that all worktrees of a repository share. */
export const commonDir = async (root: string): Promise<string> =>
  resolve(root, (await git(['-C', root, 'rev-parse', '--git-common-dir'])).trim())

/** Whether a name is a branch name Git itself accepts; refuses option look-alikes outright. */
export async function assertBranchName(name: string): Promise<void> {
  const plain = name.length <= 200 && !name.startsWith('-') && !name.startsWith('refs/')
  const checked = plain && (await gitRaw(['check-ref-format', '--branch', name])).exitCode === 0
  if (checked && !name.startsWith('@')) return
  throw new HubError('invalid', `${JSON.stringify(name)} is not a valid branch name`, {
    hint: 'Use letters, digits, dashes, dots and slashes, such as feature/login.',
  })
}
