import { Agent, request } from 'node:http'

export type Tally = {
  ok: number
  refused: number
  canceled: number
  crossed: string[]
  hung: number
}

type Reply = {
  result?: {
    content?: { text?: string }[]
    isError?: boolean
    resultType?: string
    inputRequests?: Record<string, unknown>
    requestState?: string
  }
  error?: { code: number; message: string }
}

const key = (name: string) => `io.modelcontextprotocol/${name}`
const hungAfterMs = 90_000

/** One client of many. All of them number their requests the same way; each has a secret of its own. */
export class SoakClient {
  readonly #url: () => string
  readonly #token: string
  readonly #secret: string
  readonly #legacy: boolean
  readonly #tally: Tally
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 })
  #session: string | undefined

  constructor(options: {
    url: () => string
    token: string
    secret: string
    legacy: boolean
    tally: Tally
  }) {
    this.#url = options.url
    this.#token = options.token
    this.#secret = options.secret
    this.#legacy = options.legacy
    this.#tally = options.tally
  }

  /** Calls at random until the time is over. */
  async run(until: number, servers: string[]): Promise<void> {
    while (performance.now() < until) {
      const server = servers[Math.floor(Math.random() * servers.length)] ?? ''
      const dice = Math.random()
      if (dice < 0.06) await this.#giveUp(`${server}_probe_wait`)
      else if (dice < 0.16 && !this.#legacy)
        await this.#beAsked(`${server}_test_input_required_result_elicitation`)
      else await this.#echo(`${server}_probe_echo`)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 400))
    }
    this.#agent.destroy()
  }

  async #echo(tool: string): Promise<void> {
    const text = `${this.#secret}:${Math.random()}`
    const reply = await this.#call(tool, { text })
    this.#judge(reply, (said) => said === text)
  }

  /** The upstream asks for a name; it must come back to the one who gave it. */
  async #beAsked(tool: string): Promise<void> {
    const asked = await this.#call(tool, {})
    const { inputRequests, requestState, resultType } = asked?.result ?? {}
    if (resultType !== 'input_required') return this.#judge(asked, () => false)
    const [question = ''] = Object.keys(inputRequests ?? {})
    const inputResponses = { [question]: { action: 'accept', content: { name: this.#secret } } }
    const more = { inputResponses, ...(requestState === undefined ? {} : { requestState }) }
    this.#judge(await this.#call(tool, {}, more), (said) => said === `Hello, ${this.#secret}!`)
  }

  async #giveUp(tool: string): Promise<void> {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 50 + Math.random() * 200)
    await this.#call(tool, { ms: 5000, mark: this.#secret }, {}, stop.signal)
    this.#tally.canceled++
  }

  #judge(reply: Reply | undefined, isMine: (text: string) => boolean): void {
    const { result, error } = reply ?? {}
    // What an upstream had begun when it was killed cannot be known; it is refused, never guessed.
    if (!reply || error || result?.isError) return void this.#tally.refused++
    const text = result?.content?.[0]?.text ?? ''
    if (isMine(text)) this.#tally.ok++
    else this.#tally.crossed.push(`${this.#secret} got ${JSON.stringify(result).slice(0, 200)}`)
  }

  async #call(
    name: string,
    args: object,
    more: object = {},
    signal?: AbortSignal,
  ): Promise<Reply | undefined> {
    if (this.#legacy && this.#session === undefined) await this.#greet()
    const info = { name: `soak-${this.#secret}`, version: '1' }
    const _meta = {
      [key('protocolVersion')]: '2026-07-28',
      [key('clientCapabilities')]: { elicitation: {} },
      [key('clientInfo')]: info,
    }
    const params = { name, arguments: args, ...more, ...(this.#legacy ? {} : { _meta }) }
    const modern = {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
    }
    const headers = this.#legacy ? { 'mcp-session-id': this.#session ?? '' } : modern
    return this.#post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }, headers, signal)
  }

  async #greet(): Promise<void> {
    const clientInfo = { name: 'soak', version: '1' }
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }
    await this.#post({ jsonrpc: '2.0', id: 1, method: 'initialize', params }, {})
  }

  #post(
    body: object,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Reply | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#tally.hung++
        sent.destroy()
        resolve(undefined)
      }, hungAfterMs)
      const done = (reply: Reply | undefined) => {
        clearTimeout(timer)
        resolve(reply)
      }
      const sent = request(`${this.#url()}/mcp`, {
        method: 'POST',
        agent: this.#agent,
        signal,
        headers: {
          ...headers,
          authorization: `Bearer ${this.#token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
      })
      sent.on('error', () => done(undefined))
      sent.on('response', (response) => {
        const session = response.headers['mcp-session-id']
        if (typeof session === 'string') this.#session = session
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('error', () => done(undefined))
        response.on('end', () => done(lastMessage(text)))
      })
      sent.end(JSON.stringify(body))
    })
  }
}

/** The reply of a JSON body, or the last event of a stream. */
function lastMessage(text: string): Reply | undefined {
  const data = text.startsWith('{') ? text : text.split('data: ').at(-1)
  try {
    return JSON.parse(data ?? '') as Reply // Read field by field.
  } catch {
    return undefined
  }
}
