import { HubError } from '../../schemas/errors.ts'
import { runCommand } from '../processes.ts'

export type GitResult = { exitCode: number | null; out: string; err: string }
export type GitOptions = {
  cwd: string
  signal: AbortSignal
  env?: Record<string, string>
  timeoutMs?: number
}

// Nothing that a repository or a home could set runs a program or leads a credential elsewhere.
const hardening = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.sshCommand', 'false'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['protocol.allow', 'never'],
  ['protocol.http.allow', 'always'],
  ['protocol.https.allow', 'always'],
  ['http.followRedirects', 'false'],
  ['http.proxy', ''],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['commit.gpgSign', 'false'],
  ['core.quotePath', 'false'],
  ['safe.directory', '*'],
].flatMap(([key, value]) => ['-c', `${key}=${value}`])

const maxOutputBytes = 8 * 1024 * 1024

/** Runs Git on a clone of the agent's own, without what the machine or the repository configures. */
export async function gitRaw(args: string[], options: GitOptions): Promise<GitResult> {
  const { cwd, signal, env = {}, timeoutMs = 600_000 } = options
  const said = { out: [] as Buffer[], err: [] as Buffer[] }
  let room = maxOutputBytes
  const { exitCode } = await runCommand(['git', ...hardening, ...args], {
    ...{ cwd, signal, timeoutMs },
    env: { ...plain(), ...env },
    onOutput: (stream, bytes) => {
      if (room > 0) said[stream].push(bytes.subarray(0, room))
      room -= bytes.length
      return Promise.resolve()
    },
  })
  return {
    exitCode,
    out: Buffer.concat(said.out).toString(),
    err: Buffer.concat(said.err).toString(),
  }
}

/** What a Git command printed that has to succeed. */
export async function git(args: string[], options: GitOptions): Promise<string> {
  const { exitCode, out, err } = await gitRaw(args, options)
  if (exitCode === 0) return out
  const why = err.trim() || out.trim() || `exit code ${exitCode}`
  throw new HubError('failed', `git ${args[0]} failed: ${why.slice(0, 2000)}`)
}

const plain = (): Record<string, string> => {
  const own = process.env.GIT_SSL_CAINFO ?? process.env.NODE_EXTRA_CA_CERTS
  return {
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_EDITOR: 'false',
    // Where the hub has a certificate of an own authority, the agent was told it for its calls.
    ...(own === undefined ? {} : { GIT_SSL_CAINFO: own }),
  }
}
