import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Settings } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import { owner } from '../auth/owner.ts'
import type { View } from '../discovery/catalog.ts'
import { readEndpoint } from '../data-dir.ts'
import { makeLogger } from '../log.ts'
import { parseSettings } from './settings.ts'

/**
 * `switchyard stdio [--only SERVER] [--view lean]`: MCP on standard input and output. If a hub already runs on the
 * data directory this attaches to it, because a store has one writer; else it starts one.
 */
export async function stdio(args: string[]): Promise<number> {
  const { settings, values } = parseSettings(args, {
    only: { type: 'string' },
    view: { type: 'string' },
  })
  if (values.view !== undefined && values.view !== 'lean' && values.view !== 'all') {
    throw new HubError('invalid', `there is no view ${JSON.stringify(values.view)}`, {
      hint: 'Use lean or all.',
    })
  }
  const view: View = {
    server: typeof values.only === 'string' ? values.only : undefined,
    lean: values.view === 'lean',
  }
  const running = await runningHub(settings)
  if (running) await attach(running, view)
  else await serveOwn(settings, view)
  process.exit(0) // The input has ended, so nobody is left to serve.
}

type Running = { url: string; token: string }

async function runningHub(settings: Settings): Promise<Running | undefined> {
  const dataDir = resolve(settings.data)
  const [url, tokenFile] = [readEndpoint(dataDir), join(dataDir, 'token')]
  if (!url || !existsSync(tokenFile)) return undefined
  const alive = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false, // Nobody listens: the hub that wrote the address is gone.
  )
  return alive ? { url, token: readFileSync(tokenFile, 'utf8').trim() } : undefined
}

async function serveOwn(settings: Settings, view: View): Promise<void> {
  const [{ Hub }, { serveStdio }] = await Promise.all([
    import('../hub.ts'),
    import('../mcp/stdio.ts'),
  ])
  const hub = new Hub(settings, makeLogger(settings.logLevel))
  const stopped = new Promise<void>((resolve) => process.on('SIGTERM', () => resolve()))
  try {
    await hub.start() // Agents call back over HTTP.
    await Promise.race([
      serveStdio(hub, { principal: owner, view, input: process.stdin, output: process.stdout }),
      stopped,
    ])
  } finally {
    await hub.stop()
  }
}

/** Carries each line to the running hub and its answer back. Calls run side by side. */
async function attach({ url, token }: Running, view: View): Promise<void> {
  const calls = new Map<unknown, AbortController>()
  const running = new Set<Promise<void>>()
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === '') continue
    const message = readMessage(line)
    const params = message?.params
    if (message?.method === 'notifications/cancelled') {
      calls.get(params?.requestId)?.abort()
      continue
    }
    const abort = new AbortController()
    calls.set(message?.id, abort)
    const done = forward(
      `${url}/mcp${view.server ? `/${view.server}` : ''}${view.lean ? '?view=lean' : ''}`,
      token,
      line,
      message,
      abort.signal,
    ).finally(() => {
      calls.delete(message?.id)
      running.delete(done)
    })
    running.add(done)
  }
  await Promise.all(running)
}

type Message = {
  id?: unknown
  method?: string
  params?: { name?: unknown; requestId?: unknown; _meta?: Record<string, unknown> }
}

async function forward(
  url: string,
  token: string,
  line: string,
  message: Message | undefined,
  signal: AbortSignal,
): Promise<void> {
  const version = message?.params?._meta?.['io.modelcontextprotocol/protocolVersion']
  const name = message?.method === 'tools/call' ? message.params?.name : undefined
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(typeof version === 'string'
      ? { 'mcp-protocol-version': version, 'mcp-method': message?.method ?? '' }
      : {}),
    ...(typeof version === 'string' && typeof name === 'string' ? { 'mcp-name': name } : {}),
  }
  try {
    const response = await fetch(url, { method: 'POST', headers, body: line, signal })
    const text = await response.text()
    if (text) process.stdout.write(`${text}\n`)
  } catch (error) {
    if (signal.aborted || message?.id === undefined) return
    const failure = { code: -32603, message: `the hub at ${url} does not answer: ${String(error)}` }
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, error: failure })}\n`)
  }
}

function readMessage(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message // Each field is looked at before it is used.
  } catch {
    return undefined // The hub answers what is no JSON as the protocol asks.
  }
}
