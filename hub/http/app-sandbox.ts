import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { sandboxPage } from './app-sandbox-page.ts'
import { createServer } from './node-http.ts'
import { openPort } from './open-port.ts'

/** A source of a content security policy; no keyword, so nothing of it can widen what it stands in. */
const Source = z
  .string()
  .max(300)
  .regex(/^(https?|wss?):\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?(\/[\w./~%-]*)?$/i)
const sources = z.array(Source).max(50).default([])

/** `_meta.ui.csp` of a resource: what its page may load, and from where. Default: nothing. */
const AppPolicy = z.object({
  connectDomains: sources,
  resourceDomains: sources,
  frameDomains: sources,
  baseUriDomains: sources,
})

type Parts = {
  /** Where the hub listens; the sandbox does too. */
  host: string
  /** 0: a free one. */
  port: number
  /** How browsers reach it through a proxy; empty: at the name they reach the hub by. */
  url: string
  /** Names under which the hub's own page is served. */
  hosts: ReadonlySet<string>
  log: Logger
}

/**
 * A second origin, which shows the pages of MCP Apps: what a server sends as `ui://` runs in a frame
 * within a frame that is not the hub's, so it reaches neither the page nor its session. It serves one
 * document, whose policy is in its header, because the inner frame inherits that and cannot change it.
 * Opened when the first browser comes: a hub that only programs use has one port.
 *
 * Rule: MCP Apps (SEP-1865, 2026-01-26), "Sandbox proxy".
 */
export class AppSandbox {
  readonly #parts: Parts
  #opened: Promise<{ port: number; close(): void } | undefined> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Its origin as a browser that reached the hub by `host` (a Host header) reaches it; undefined where
   * its port cannot be opened, which costs the page its apps and nothing else.
   */
  async origin(host: string): Promise<string | undefined> {
    const { url } = this.#parts
    const opened = await (this.#opened ??= this.#open())
    if (!opened) return undefined
    return url === '' ? `http://${host.replace(/:\d+$/, '')}:${opened.port}` : new URL(url).origin
  }

  async close(): Promise<void> {
    ;(await this.#opened)?.close()
  }

  async #open(): Promise<{ port: number; close(): void } | undefined> {
    const server = createServer((request, response) => this.#serve(request, response))
    const { host, port: asked, log } = this.#parts
    try {
      const { port, close } = await openPort(server, { host, port: asked })
      server.unref()
      return {
        port,
        close() {
          void close()
          server.closeAllConnections()
        },
      }
    } catch (error) {
      log.warn({ error }, 'no sandbox for apps: choose another port with --apps-port')
      this.#opened = undefined // It may be free when the next browser comes.
      return undefined
    }
  }

  #serve({ method, url = '/' }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, 'http://sandbox')
    try {
      if (method !== 'GET' || pathname !== '/frame')
        throw new HubError('not_found', 'only /frame is served here')
      const host = this.#hostOf(searchParams.get('host') ?? '')
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policyText(policyOf(searchParams.get('csp')), host),
        'permissions-policy': 'camera=(), microphone=(), geolocation=(), clipboard-read=()',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      })
      response.end(sandboxPage(host))
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      response.writeHead(error.code === 'not_found' ? 404 : 400, { 'content-type': 'text/plain' })
      response.end(error.message)
    }
  }

  /** The origin of the page around, which has to be the hub's own. */
  #hostOf(origin: string): string {
    if (/^https?:\/\//.test(origin) && this.#parts.hosts.has(origin.replace(/^https?:\/\//, '')))
      return origin
    throw new HubError('invalid', '`host` is not an address of this hub')
  }
}

function policyOf(text: string | null): z.infer<typeof AppPolicy> {
  try {
    return AppPolicy.parse(JSON.parse(text ?? '{}'))
  } catch (cause) {
    throw new HubError('invalid', '`csp` is not a policy of an app', { cause })
  }
}

function policyText(policy: z.infer<typeof AppPolicy>, host: string): string {
  const load = ["'unsafe-inline'", ...policy.resourceDomains].join(' ')
  const media = ['data:', 'blob:', ...policy.resourceDomains].join(' ')
  const some = (list: string[]) => (list.length > 0 ? list.join(' ') : "'none'")
  return [
    "default-src 'none'",
    `script-src ${load}`,
    `style-src ${load}`,
    `img-src ${media}`,
    `font-src ${media}`,
    `media-src ${media}`,
    `connect-src ${some(policy.connectDomains)}`,
    `frame-src ${some(policy.frameDomains)}`,
    `base-uri ${some(policy.baseUriDomains)}`,
    "form-action 'none'",
    `frame-ancestors ${host}`,
  ].join('; ')
}
