import { spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Running } from './running.ts'

/** The log of a container, with what the hub asks for: tail, times, since, follow. */
export async function serveLog(
  running: Running,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain' })
  const since = query.get('sinceTime')?.slice(0, 19) ?? ''
  const withTimes = query.get('timestamps') === 'true'
  let next = 0
  let isGone = false
  response.once('close', () => {
    isGone = true
    for (const wake of running.wake) wake()
  })
  for (;;) {
    for (; next < running.output.length; next++) {
      const { at, data } = running.output[next]!
      if (at.slice(0, 19) < since) continue
      const text = data.toString('utf8')
      response.write(withTimes ? text.replace(/^(?=.)/gm, `${at} `) : text)
    }
    if (isGone || running.hasEnded || query.get('follow') !== 'true') break
    response.flushHeaders()
    await new Promise<void>((resolve) => running.wake.add(resolve))
  }
  response.end()
}

const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' })

/** Runs a program in the folder of a pod, over the channels of the API. */
export function serveExec(
  running: Running,
  query: URLSearchParams,
  at: { request: IncomingMessage; socket: Duplex; head: Buffer },
): void {
  const [program = '', ...args] = query.getAll('command')
  sockets.handleUpgrade(at.request, at.socket, at.head, (socket: WebSocket) => {
    const { home: cwd, env } = running
    const child = spawn(program, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const send = (channel: number, data: Buffer) =>
      socket.send(Buffer.concat([Buffer.from([channel]), data]))
    child.stdout.on('data', (data: Buffer) => send(1, data))
    child.stderr.on('data', (data: Buffer) => send(2, data))
    child.once('error', ({ message }) =>
      close({ status: 'Failure', message, reason: 'InternalError' }),
    )
    child.once('close', (code) => {
      const causes = [{ reason: 'ExitCode', message: String(code) }]
      close(
        code === 0
          ? { status: 'Success' }
          : { status: 'Failure', reason: 'NonZeroExitCode', details: { causes } },
      )
    })
    const close = (status: object) => {
      send(3, Buffer.from(JSON.stringify(status)))
      socket.close()
    }
    socket.once('close', () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
    })
  })
}
