import type { ListedTool, ResourceContents } from './mcp.ts'
import { request } from './mcp.ts'

/** A message of JSON-RPC, from an app; nothing of it is to be relied on. */
export type AppMessage = { id?: unknown; method?: unknown; params?: Record<string, unknown> }

/** What an app wants that a person answers first. */
export type Wish = { what: string; detail: string; grant(): Promise<object> }

/** What an app is about: the call that it shows. */
export type AppCall = {
  tool: ListedTool
  /** Which server it is of. */
  server: string
  args: Record<string, unknown>
  /** As `tools/call` answered. */
  result: Record<string, unknown>
}

const protocolVersion = '2026-01-26'
const noSuchMethod = -32601
const refused = -32000

/** An app's page, from the server of its tool alone. */
export async function readApp({ tool, server }: AppCall): Promise<ResourceContents> {
  const uri = tool._meta?.ui?.resourceUri ?? ''
  const { result, error } = await request(
    'resources/read',
    { uri },
    { name: uri, path: addressOf(server) },
  )
  const found = result?.contents?.find((one) => one.mimeType?.includes('profile=mcp-app'))
  if (found) return found
  throw new Error(error?.message ?? `${uri} is no page of an app`)
}

/** HTML of a resource, which servers send as text or as bytes. */
export const htmlOf = ({ text, blob }: ResourceContents): string =>
  text ?? new TextDecoder().decode(Uint8Array.from(atob(blob ?? ''), (c) => c.charCodeAt(0)))

/**
 * The hub's side of MCP Apps: answers what an app asks. It reaches the server that it came from, by
 * the address that serves that one alone, and nothing else; whatever is no mere read waits for a
 * person. Rule: SEP-1865 (2026-01-26).
 */
export class AppHost {
  readonly #call: AppCall
  readonly #context: () => object
  readonly #ask: (wish: Wish) => Promise<object>
  readonly #tools: () => Promise<ListedTool[]>

  constructor(
    call: AppCall,
    parts: {
      /** Colours, language, size. */
      context(): object
      /** Resolves with what was granted; rejects where it was refused. */
      ask(wish: Wish): Promise<object>
    },
  ) {
    this.#call = call
    this.#context = parts.context
    this.#ask = parts.ask
    let listed: Promise<ListedTool[]> | undefined
    this.#tools = () =>
      (listed ??= request('tools/list', {}, { path: addressOf(call.server) }).then(
        ({ result }) => result?.tools ?? [],
      ))
  }

  /** What to send first, once the app is ready. */
  opening(): object[] {
    const { args, result } = this.#call
    return [
      notification('tool-input', { arguments: args }),
      notification('tool-result', { content: [], ...result }),
    ]
  }

  /** The response to a request. */
  async answer({ id, method, params = {} }: AppMessage): Promise<object> {
    try {
      return { jsonrpc: '2.0', id, result: await this.#resultOf(String(method), params) }
    } catch (error) {
      const code = error instanceof UnknownMethod ? noSuchMethod : refused
      const message = error instanceof Error ? error.message : String(error)
      return { jsonrpc: '2.0', id, error: { code, message } }
    }
  }

  async #resultOf(method: string, params: Record<string, unknown>): Promise<object> {
    if (method === 'ping') return {}
    if (method === 'ui/initialize') return this.#initialized()
    if (method === 'ui/request-display-mode') return { mode: 'inline' }
    if (method === 'ui/open-link') return this.#openLink(String(params.url))
    if (method === 'tools/call') return this.#callTool(params)
    if (method === 'resources/read') return this.#read(String(params.uri))
    throw new UnknownMethod(`this host does not answer ${method}`)
  }

  #initialized(): object {
    return {
      protocolVersion,
      hostInfo: { name: 'switchyard', version: '1' },
      hostCapabilities: { openLinks: {}, serverTools: {}, serverResources: {} },
      hostContext: { ...this.#context(), toolInfo: { tool: this.#call.tool } },
    }
  }

  #openLink(text: string): Promise<object> {
    const url = new URL(text)
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new Error('only web addresses are opened')
    const grant = async () => {
      window.open(url.href, '_blank', 'noopener,noreferrer')
      return {}
    }
    return this.#ask({ what: 'open a page in a new tab', detail: url.href, grant })
  }

  async #callTool({ name, arguments: args = {} }: Record<string, unknown>): Promise<object> {
    const own = String(name)
    const { server } = this.#call
    const tool = (await this.#tools()).find(
      (one) => one.name === own || one.name === `${server}_${own}`,
    )
    if (!tool || tool._meta?.ui?.visibility?.includes('app') === false)
      throw new Error(`there is no tool ${own} for this app`)
    const grant = async () => {
      const asked = { name: tool.name, arguments: args }
      const to = { name: tool.name, path: addressOf(server) }
      const { result, error } = await request('tools/call', asked, to)
      if (error) throw new Error(error.message)
      return result ?? {}
    }
    if (tool.annotations?.readOnlyHint === true) return grant()
    return this.#ask({ what: `call ${tool.name}`, detail: JSON.stringify(args, null, 2), grant })
  }

  async #read(uri: string): Promise<object> {
    const { server } = this.#call
    if (server === undefined) throw new Error('the apps of the hub read by its tools')
    const { result, error } = await request(
      'resources/read',
      { uri },
      { name: uri, path: addressOf(server) },
    )
    if (error) throw new Error(error.message)
    return result ?? {}
  }
}

class UnknownMethod extends Error {}

export const notification = (name: string, params: object): object => ({
  jsonrpc: '2.0',
  method: `ui/notifications/${name}`,
  params,
})

const addressOf = (server: string): string => `/mcp/${encodeURIComponent(server)}`
