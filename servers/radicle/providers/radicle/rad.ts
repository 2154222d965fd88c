import { HubError } from '../../../../schemas/errors.ts'
import { gitRaw } from '../../../kit/git.ts'
import type { RunOptions, RunResult } from '../../../kit/run.ts'
import { run } from '../../../kit/run.ts'

/** The first release that checks signed refs against the advisory of March 2026. */
const oldest = [1, 8, 0] as const
const install =
  'Install it with `cargo install --locked radicle-cli radicle-node radicle-remote-helper` (Radicle 1.8.0 or later) or from https://radicle.xyz, put its folder on the PATH of the hub, and restart the hub.'

const maxBytes = 64 * 1024 * 1024

/** The variables of a Radicle home; nothing else of the hub's environment reaches its programs. */
export type RadEnvironment = Record<string, string>

const base = (): RadEnvironment => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  NO_COLOR: '1',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
})

/** Standard output of a `rad` command that has to succeed. */
export async function rad(
  env: RadEnvironment,
  args: string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await start(args, { maxBytes, ...options, env: { ...base(), ...env } })
  if (result.truncated)
    throw new HubError(
      'exhausted',
      `rad ${args.slice(0, 2).join(' ')} said more than ${maxBytes} bytes`,
    )
  if (result.exitCode === 0) return result.stdout.toString('utf8')
  throw new HubError('conflict', `rad ${args.slice(0, 2).join(' ')}: ${said(result)}`)
}

/** Git with the `rad://` remote helper allowed, for a home. */
export async function gitWithRad(env: RadEnvironment, args: string[]): Promise<RunResult> {
  const allowed = ['-c', 'protocol.rad.allow=always']
  const result = await gitRaw([...allowed, ...args], { env, timeoutMs: 600_000 })
  if (!/remote-rad' is not a git command|git-remote-rad: not found/.test(said(result)))
    return result
  throw new HubError('unsupported', 'git-remote-rad is not on the PATH of the hub', {
    hint: install,
  })
}

/** What a program said on its way out, without the marks it shows on a terminal. */
export const said = ({ stdout, stderr, exitCode }: RunResult): string =>
  `${stderr.toString('utf8')}\n${stdout.toString('utf8')}`
    .replaceAll(/^\s*✗ (Error: )?/gm, '')
    .trim()
    .slice(0, 2000) || `exit code ${exitCode}`

let isRecent = false

/** Refuses a `rad` that is missing or too old. */
export async function requireRad(): Promise<void> {
  if (isRecent) return
  const { stdout } = await start(['--version'], { env: base() })
  assertRecent(stdout.toString('utf8').trim())
  isRecent = true
}

/** What `rad --version` says; one that was built from the registry does not know its version. */
export function assertRecent(said: string): void {
  const version = /\b(\d+)\.(\d+)\.(\d+)\b/.exec(said)?.slice(1).map(Number)
  if (!version || !isBefore(version, oldest)) return
  throw new HubError('unsupported', `${said} is too old: Radicle 1.8.0 is needed`, {
    hint: install,
  })
}

async function start(args: string[], options: RunOptions): Promise<RunResult> {
  try {
    return await run('rad', args, options)
  } catch (error) {
    const cause = error instanceof HubError ? error.cause : undefined
    if ((cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error
    throw new HubError('unsupported', 'the program rad is not on the PATH of the hub', {
      hint: install,
      cause: error,
    })
  }
}

function isBefore(version: number[], bound: readonly number[]): boolean {
  for (const [index, least] of bound.entries()) {
    const part = version[index] ?? 0
    if (part !== least) return part < least
  }
  return false
}
