import { HubError } from '../../schemas/errors.ts'
import type { Lease } from '../lease.ts'
import type { GitResult } from './git.ts'
import { gitRaw } from './git.ts'

const patienceMs = 600_000
const maxPauseMs = 5000
const endsSlow = ['-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=180']

/**
 * Fetches from the hub, or pushes to it, under the credential of the lease; `refs` end the command. A hub
 * that is away or restarts is waited for, as in every call of an agent.
 */
export async function transfer(
  lease: Lease,
  cwd: string,
  command: ['fetch' | 'push', ...string[]],
  refs: string[],
): Promise<void> {
  const { hub, signal, task } = lease
  const deadline = performance.now() + patienceMs
  for (let pauseMs = 100; ; pauseMs = Math.min(maxPauseMs, pauseMs * 2)) {
    signal.throwIfAborted()
    const address = `${hub.url()}/git/${task.id}`
    const env = settingsFor(address, hub.authorization)
    const result = await gitRaw([...endsSlow, ...command, address, ...refs], {
      ...{ cwd, signal, env, timeoutMs: 3_600_000 },
    })
    if (result.exitCode === 0) return
    const error = refusal(command[0], result)
    if (error.code !== 'unavailable' || performance.now() > deadline) throw error
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/**
 * In the environment of the one command, and for the one address: neither arguments nor files have the
 * credential, and an authority that the hub is known by vouches for nobody else.
 */
function settingsFor(address: string, authorization: string): Record<string, string> {
  const { SWITCHYARD_HUB_CA: authority } = process.env
  const settings = [
    [`http.${address}.extraHeader`, `Authorization: ${authorization}`],
    ...(authority ? [[`http.${address}.sslCAInfo`, authority]] : []),
  ]
  const named = settings.flatMap(([key = '', value = ''], at) => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ])
  return { GIT_CONFIG_COUNT: `${settings.length}`, ...Object.fromEntries(named) }
}

function refusal(name: string, { err, exitCode }: GitResult): HubError {
  const said = err.trim().slice(-2000) || `exit code ${exitCode}`
  const message = `git ${name} with the hub failed: ${said}`
  if (/error: 401|Authentication failed|could not read Username/.test(err))
    return new HubError('unauthenticated', message)
  if (/error: 403|HTTP 403/.test(err)) return new HubError('denied', message)
  if (/error: 404|HTTP 404|not found/i.test(err)) return new HubError('not_found', message)
  if (/exceeds maximum|error: 413|HTTP 413/.test(err))
    return new HubError('exhausted', message, {
      hint: 'Leave large files out of commits, or have `git.maxPushMb` raised.',
    })
  if (/rejected\]|error: (fsck|object)/.test(err)) return new HubError('conflict', message)
  if (/No space left/.test(err)) return new HubError('exhausted', message)
  return away.test(err) ? new HubError('unavailable', message) : new HubError('failed', message)
}

const away =
  /Failed to connect|Could not resolve|Couldn't connect|Connection (refused|reset|timed out)|Recv failure|Send failure|Empty reply|transfer closed|error: (429|5\d\d)|HTTP (429|5\d\d)|RPC failed|hung up|early EOF|too slow|Operation timed out|unexpected disconnect/i
