import { spawn } from 'node:child_process'
import { HubError } from '../../schemas/errors.ts'
import { RpcError, rpcCode } from '../mcp/protocol.ts'
import { NotSent } from './channel.ts'
import { lineSplitter } from './lines.ts'
import type { Channel, ChannelEvents, RequestOptions, RpcMessage } from './channel.ts'

type Open = { resolve(result: unknown): void; reject(error: unknown): void }

const maxLineChars = 16 * 1024 * 1024
const keptErrorChars = 2000
const patienceMs = 800
const passed = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'USER', 'SHELL', 'TERM']

/** An upstream as a child process, a JSON-RPC message a line on its pipes. */
export function openStdio(
  command: {
    command: string
    args: string[]
    env: Record<string, string>
    cwd?: string | undefined
  },
  events: ChannelEvents,
): Channel {
  const inherited = passed.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  )
  const child = spawn(command.command, command.args, {
    env: { ...(Object.fromEntries(inherited) as Record<string, string>), ...command.env }, // Set ones only.
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const open = new Map<number, Open>()
  let nextId = 1
  let said = ''
  let closed = false
  let why = ''
  let corked = false

  const end = (reason: string): void => {
    if (closed) return
    closed = true
    why = reason
    const error = new HubError('unavailable', `the upstream ended: ${reason}`)
    for (const { reject } of open.values()) reject(error)
    open.clear()
    events.onClose(reason)
  }
  const send = (message: RpcMessage): void => {
    if (closed) throw new NotSent(`the upstream has ended: ${why}`)
    // What is sent in one turn leaves in one system call.
    if (!corked) {
      corked = true
      child.stdin.cork()
      setImmediate(() => {
        corked = false
        child.stdin.uncork()
      })
    }
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  }
  const receive = (line: string): void => {
    const message = parse(line)
    if (!message) return // Some servers print to standard output; it is not ours to fail on that.
    if (message.method !== undefined) {
      if (message.id === undefined) return events.onNotification(message.method)
      // The hub offers its upstreams no sampling, elicitation or roots on this connection.
      const answer =
        message.method === 'ping'
          ? { result: {} }
          : { error: { code: rpcCode.method, message: 'not supported by this client' } }
      return send({ id: message.id, ...answer })
    }
    const waiting = open.get(Number(message.id))
    open.delete(Number(message.id))
    if (message.error)
      waiting?.reject(
        new RpcError(message.error.code, message.error.message, message.error.data, true),
      )
    else waiting?.resolve(message.result)
  }

  child.stdin.on('error', (error) => end(error.message))
  child.stderr.on(
    'data',
    (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-keptErrorChars)),
  )
  child.on('error', (error) => end(error.message))
  child.on('close', (code, signal) =>
    end(`exit ${signal ?? code ?? ''} ${said.trim().split('\n').at(-1) ?? ''}`.trim()),
  )
  child.stdout.on(
    'data',
    lineSplitter(maxLineChars, receive, () => kill(child.pid)),
  )

  return {
    protocol: undefined,
    request: (method, params, { timeoutMs, signal }: RequestOptions) =>
      new Promise((resolve, reject) => {
        const id = nextId++
        const settle = (act: () => void) => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', abort)
          open.delete(id)
          act()
        }
        const abort = () =>
          settle(() => {
            if (!closed)
              send({
                method: 'notifications/cancelled',
                params: { requestId: id, reason: 'the caller gave up' },
              })
            reject(new HubError('canceled', 'the call was canceled'))
          })
        const timer = setTimeout(
          () =>
            settle(() =>
              reject(
                new HubError(
                  'unavailable',
                  `the upstream did not answer ${method} within ${timeoutMs} ms`,
                ),
              ),
            ),
          timeoutMs,
        )
        open.set(id, {
          resolve: (result) => settle(() => resolve(result)),
          reject: (error) => settle(() => reject(error)), // RpcError or HubError, see above.
        })
        signal?.addEventListener('abort', abort, { once: true })
        try {
          send({ id, method, params })
        } catch (error) {
          settle(() => reject(error)) // NotSent, of send.
        }
      }),
    notify: async (method, params) => send({ method, params }),
    close: async () => {
      // A well-behaved server ends with its input; the others are ended.
      const timer = setTimeout(() => kill(child.pid), patienceMs)
      child.stdin.end()
      if (!closed) await new Promise((resolve) => child.once('close', resolve))
      clearTimeout(timer)
    },
  }
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // Gone already.
  }
}

function parse(line: string): RpcMessage | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined // Read field by field.
  } catch {
    return undefined // Not JSON-RPC: see the caller.
  }
}
