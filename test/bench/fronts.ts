import { spawn } from 'node:child_process'
import { Agent, get, request } from 'node:http'
import { createInterface } from 'node:readline'

/** A client of the old era, which every hub speaks, as cheap as one can be. */
export type Front = {
  /** Resolves with the result's text. */
  request(method: string, params: object): Promise<string>
  close(): void
}

const hello = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'bench', version: '1' },
}
const accept = 'application/json, text/event-stream'

/** Streamable HTTP with one session. */
export async function openHttpFront(url: string, token?: string): Promise<Front> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  let session: string | undefined
  let nextId = 1
  const post = (message: object) =>
    new Promise<string>((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        accept,
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(session ? { 'mcp-session-id': session } : {}),
      }
      const sent = request(url, { method: 'POST', agent, headers }, (response) => {
        const opened = response.headers['mcp-session-id']
        if (typeof opened === 'string') session = opened
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => {
          if ((response.statusCode ?? 500) < 300) resolve(text)
          else reject(new Error(`${url} answered ${response.statusCode} ${text.slice(0, 200)}`))
        })
      })
      sent.on('error', reject)
      sent.end(JSON.stringify({ jsonrpc: '2.0', ...message }))
    })
  await post({ id: 0, method: 'initialize', params: hello })
  await post({ method: 'notifications/initialized' })
  return {
    request: (method, params) => post({ id: nextId++, method, params }),
    close: () => agent.destroy(),
  }
}

type Waiting = { resolve(text: string): void; reject(error: Error): void }

/** HTTP+SSE: all answers on one stream. */
export async function openSseFront(url: string): Promise<Front> {
  const waiting = new Map<number, Waiting>()
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  let nextId = 1
  const stream = get(url, { headers: { accept: 'text/event-stream' } })
  const address = await new Promise<string>((resolve, reject) => {
    stream.on('error', reject)
    stream.on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`))
      response.on('close', () => {
        reject(new Error('the stream ended'))
        for (const asked of waiting.values()) asked.reject(new Error('the stream ended'))
      })
      let event = ''
      response.on('error', () => undefined) // Closing follows, and is handled above.
      const lines = createInterface({ input: response }).on('error', () => undefined)
      lines.on('line', (line) => {
        if (line.startsWith('event: ')) event = line.slice(7)
        if (!line.startsWith('data: ')) return
        const data = line.slice(6)
        if (event === 'endpoint') return resolve(new URL(data, url).href)
        settle(waiting, data)
      })
    })
  })
  const post = (message: object) =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      const sent = request(address, { method: 'POST', agent, headers }, (response) => {
        response.resume().on('end', resolve)
      })
      sent.on('error', reject)
      sent.end(JSON.stringify({ jsonrpc: '2.0', ...message }))
    })
  const ask = (method: string, params: object) => {
    const id = nextId++
    const answer = new Promise<string>((resolve, reject) => waiting.set(id, { resolve, reject }))
    setTimeout(() => waiting.get(id)?.reject(new Error(`${url}: no answer`)), 5000).unref()
    post({ id, method, params }).catch((error: unknown) => waiting.get(id)?.reject(error as Error))
    return answer
  }
  await ask('initialize', hello)
  await post({ method: 'notifications/initialized' })
  return {
    request: ask,
    close: () => {
      stream.destroy()
      agent.destroy()
    },
  }
}

/** The server itself, on its pipes. */
export async function openStdioFront(command: string[]): Promise<Front> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = new Map<number, Waiting>()
  let nextId = 1
  createInterface({ input: child.stdout }).on('line', (line) => settle(waiting, line))
  const send = (message: object) =>
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const ask = (method: string, params: object) => {
    const id = nextId++
    const answer = new Promise<string>((resolve, reject) => waiting.set(id, { resolve, reject }))
    send({ id, method, params })
    return answer
  }
  await ask('initialize', hello)
  send({ method: 'notifications/initialized' })
  return { request: ask, close: () => void child.kill() }
}

function settle(waiting: Map<number, Waiting>, text: string): void {
  const { id } = JSON.parse(text) as { id?: number }
  if (id === undefined) return
  waiting.get(id)?.resolve(text)
  waiting.delete(id)
}
