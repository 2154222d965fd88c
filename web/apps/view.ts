type Message = {
  id?: number | string
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
}

type HostContext = {
  theme?: 'light' | 'dark'
  styles?: { variables?: Record<string, string | undefined> }
  toolInfo?: { tool?: { name?: string } }
}

const protocolVersion = '2026-01-26'

/**
 * An app's side of MCP Apps: the handshake with whatever host shows it, its colours, what the tool
 * answered, and how tall the app is. Rule: SEP-1865 (2026-01-26), "Lifecycle".
 */
export class View {
  readonly #show: (structured: unknown) => void
  readonly #pending = new Map<number, (result: Record<string, unknown>) => void>()
  #nextId = 1

  constructor(show: (structured: unknown) => void) {
    this.#show = show
    addEventListener('message', (event) => {
      // Whoever shows the app stands around it; nobody else is listened to.
      if (event.source === parent) this.#take(event.data as Message)
    })
  }

  async connect(name: string): Promise<void> {
    const answer = await this.request('ui/initialize', {
      protocolVersion,
      appInfo: { name: `switchyard-${name}`, version: '1' },
      appCapabilities: {},
    })
    this.#dress(answer.hostContext ?? {})
    this.#post({ method: 'ui/notifications/initialized', params: {} })
    new ResizeObserver(([entry]) => {
      const height = Math.ceil(entry?.borderBoxSize[0]?.blockSize ?? 0)
      if (height > 0) this.#post({ method: 'ui/notifications/size-changed', params: { height } })
    }).observe(document.body)
  }

  request(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = this.#nextId++
    this.#post({ id, method, params })
    return new Promise((resolve) => this.#pending.set(id, resolve))
  }

  #take({ id, method, params = {}, result }: Message): void {
    if (method === undefined) {
      if (typeof id === 'number') this.#pending.get(id)?.(result ?? {})
      return
    }
    if (method === 'ui/notifications/tool-result') this.#show(params.structuredContent)
    if (method === 'ui/notifications/host-context-changed') this.#dress(params)
    if (id !== undefined) this.#post({ id, result: {} }) // `ping` and the end of the app.
  }

  #dress({ theme, styles }: HostContext): void {
    const { style } = document.documentElement
    if (theme) style.colorScheme = theme
    for (const [name, value] of Object.entries(styles?.variables ?? {}))
      if (value !== undefined && name.startsWith('--')) style.setProperty(name, value)
  }

  #post(message: Message): void {
    parent.postMessage({ jsonrpc: '2.0', ...message }, '*') // It holds nothing that its host does not know.
  }
}
