import { readFileSync } from 'node:fs'
import type { ErrorBody } from '../schemas/errors.ts'
import { HubError } from '../schemas/errors.ts'

export type HubAddress = {
  /** Fixed address, or a file that holds the present one: a restarted hub may listen elsewhere. */
  url?: string | undefined
  endpointFile?: string | undefined
  /** The credential, or the file that holds the present one: a cluster renews those of its pods. */
  token: string | { file: string }
}

export type CallSettings = {
  signal?: AbortSignal | undefined
  /** Longest wait for one answer. */
  timeoutMs?: number
  /** How long to keep trying while the hub cannot be reached; each call of an agent is repeatable. */
  patienceMs?: number
}

type Reply = {
  result?: {
    structuredContent?: unknown
    content?: { type: string; text?: string }[]
    isError?: boolean
    _meta?: { 'switchyard/error'?: ErrorBody }
    tools?: unknown[]
  }
  error?: { code: number; message: string } | ErrorBody
}

const version = '2026-07-28'
const meta = {
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'switchyard-agent', version: '1' },
  'switchyard/output': 'structured',
}

/**
 * A small MCP client: one POST per call in the stateless era, so there is no session to lose when
 * the hub restarts. An agent waits out such a restart instead of losing its work.
 */
export class HubClient {
  readonly #address: HubAddress
  readonly #patienceMs: number
  #nextId = 1

  constructor(address: HubAddress, patienceMs = 0) {
    this.#address = address
    this.#patienceMs = patienceMs
  }

  /** The same hub under another credential, such as the one that came with a lease. */
  withToken(token: string): HubClient {
    return new HubClient({ ...this.#address, token }, this.#patienceMs)
  }

  /** What it sends to say who calls, for Git, which speaks with the hub by itself. */
  get authorization(): string {
    const token = this.#token()
    // `fetch` would refuse the header, and that looks like a hub that does not answer.
    if (/[^\x20-\x7e]/.test(token))
      throw new HubError('invalid', 'the credential has a line break, or a sign that none has', {
        hint: 'It is one line: what token_create printed, or what is in the file `token` of the data directory.',
      })
    return `Bearer ${token}`
  }

  /** The tool's structured output, else its content; or its HubError as the hub threw it. */
  async call<T>(
    name: string,
    args: Record<string, unknown> = {},
    settings: CallSettings = {},
  ): Promise<T> {
    const { result, error } = await this.#request(
      'tools/call',
      { name, arguments: args },
      name,
      settings,
    )
    const failure =
      result?._meta?.['switchyard/error'] ?? (error && 'hint' in error ? error : undefined)
    if (failure) throw fromBody(failure)
    if (error) throw new HubError('invalid', error.message)
    // Tools of other servers may answer in content alone, and fail in it.
    if (result?.isError)
      throw new HubError('failed', textOf(result.content) || `${name} failed without saying why`)
    return (result?.structuredContent ?? { content: result?.content }) as T // The tool's output schema states it.
  }

  async listTools<T>(settings: CallSettings = {}): Promise<T[]> {
    const { result } = await this.#request('tools/list', {}, undefined, settings)
    return (result?.tools ?? []) as T[] // The caller names the fields it reads.
  }

  async #request(
    method: string,
    params: object,
    name: string | undefined,
    settings: CallSettings,
  ): Promise<Reply> {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: this.#nextId++,
      method,
      params: { ...params, _meta: meta },
    })
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': version,
      'mcp-method': method,
      ...(name === undefined ? {} : { 'mcp-name': name }),
    }
    const deadline = performance.now() + (settings.patienceMs ?? this.#patienceMs)
    for (let delayMs = 50; ; delayMs = Math.min(1000, delayMs * 2)) {
      try {
        const { authorization } = this
        return await this.#post(body, { ...headers, authorization }, settings)
      } catch (error) {
        settings.signal?.throwIfAborted()
        const retriable = error instanceof HubError && error.code === 'unavailable'
        if (!retriable || performance.now() > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, delayMs))
      }
    }
  }

  async #post(
    body: string,
    headers: Record<string, string>,
    { signal, timeoutMs = 120_000 }: CallSettings,
  ): Promise<Reply> {
    const url = `${this.url()}/mcp`
    const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]
    let response: Response
    let text: string
    try {
      response = await fetch(url, {
        method: 'POST',
        body,
        headers,
        signal: AbortSignal.any(limits),
      })
      text = await response.text()
    } catch (error) {
      signal?.throwIfAborted()
      throw new HubError('unavailable', `the hub at ${url} does not answer`, {
        hint: 'Start it with `npm start`, or name its data directory with --data.',
        cause: error,
      })
    }
    const reply = parse(text, url)
    if (reply.error && typeof reply.error.code === 'string') throw fromBody(reply.error) // By its code.
    return reply
  }

  #token(): string {
    const { token } = this.#address
    if (typeof token === 'string') return token
    try {
      return readFileSync(token.file, 'utf8').trim()
    } catch (error) {
      throw new HubError('unavailable', `the credential in ${token.file} cannot be read`, {
        hint: 'The cluster puts it there when the pod starts, and renews it.',
        cause: error,
      })
    }
  }

  /** Address of the hub now. */
  url(): string {
    const { url, endpointFile } = this.#address
    if (url) return url
    try {
      return readFileSync(endpointFile ?? '', 'utf8').trim()
    } catch (error) {
      throw new HubError('unavailable', 'no hub is known here', {
        hint: 'Start one with `npm start`, or name its data directory with --data.',
        cause: error,
      })
    }
  }
}

function parse(text: string, url: string): Reply {
  try {
    return JSON.parse(text) as Reply // Read field by field, each of them optional.
  } catch (error) {
    throw new HubError('unavailable', `what answers at ${url} is not a hub`, { cause: error })
  }
}

const textOf = (content: { text?: string }[] = []): string =>
  content.flatMap(({ text }) => text ?? []).join('\n')

const fromBody = ({ code, message, hint, details }: ErrorBody) =>
  new HubError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details ? { details } : {}),
  })
