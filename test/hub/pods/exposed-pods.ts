import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { WebSocket } from 'ws'
import type { Pod } from '../../../schemas/cluster.ts'
import type { Exposure } from '../../../schemas/exposure.ts'
import type { HubClient } from '../../../agent/hub-client.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { until } from '../../helpers/hub.ts'
import { podServer } from '../../servers/cluster/pod-server.ts'

export type Opened = Exposure & { url: string }

/** A live pod that serves, and the port at which it does. */
export async function servingPod(
  client: Pick<TestHub, 'call'> | HubClient,
  more: Record<string, unknown> = {},
  wanted = 0,
  { node = process.execPath, address = '127.0.0.1' } = {},
): Promise<{ pod: string; port: number }> {
  const own = podServer
    .replace('process.env.PORT ?? 0', String(wanted))
    .replace('process.env.ADDRESS', `'${address}'`)
  const command = [node, '-e', own]
  const { id } = await client.call<Pod>('pod_run', { command, ...more })
  let port: string | undefined
  await until(async () => {
    const { data } = await client.call<{ data: string }>('pod_log', { pod: id })
    port = /port (\d+)/.exec(data)?.[1]
    return port !== undefined
  })
  return { pod: id, port: Number(port) }
}

type Sent = {
  method?: string
  headers?: Record<string, string>
  body?: string
  host?: string
}

/** One request as a browser sends it; the host names all lead to this machine. */
export function ask(
  address: string,
  { method = 'GET', headers = {}, body = '', host }: Sent = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string; bytes: Buffer }> {
  const url = new URL(address)
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port: url.port,
      method,
      // Not as the address is normalised: what is sent is what was written.
      path: address.slice(url.origin.length) || '/',
      headers: { host: host ?? url.host, ...headers },
    })
    asked.once('error', reject)
    asked.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const bytes = Buffer.concat(chunks)
        const { statusCode: status = 0, headers: told } = response
        resolve({ status, headers: told, text: bytes.toString('utf8'), bytes })
      })
    })
    asked.end(body)
  })
}

/** The cookie of a link, and the origin that it opens. */
export async function enter({
  url,
}: Pick<Opened, 'url'>): Promise<{ origin: string; cookie: string }> {
  const { headers } = await ask(url)
  return {
    origin: new URL(url).origin,
    cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? '',
  }
}

/** A WebSocket as a page of that origin opens it. */
export function openSocket(
  { origin, cookie }: { origin: string; cookie: string },
  headers: Record<string, string> = {},
): WebSocket {
  const { host, port } = new URL(origin)
  return new WebSocket(`ws://127.0.0.1:${port}/socket`, {
    headers: { host, origin, cookie, ...headers },
  })
}

/** The next message, or how it failed. */
export const said = (socket: WebSocket): Promise<string> =>
  new Promise((resolve) => {
    socket.once('message', (data: Buffer) => resolve(data.toString('utf8')))
    socket.once('unexpected-response', (_request, { statusCode }) =>
      resolve(`refused ${statusCode}`),
    )
    socket.once('error', ({ message }) => resolve(message))
    socket.once('close', () => resolve('closed'))
  })
