import type { Server } from 'node:http'
import { HubError } from '../../../schemas/errors.ts'
import type { OpenPort } from '../open-port.ts'
import { openPort } from '../open-port.ts'

type Settings = { host: string; port: number; url: string }

/**
 * The names of the gateway: one label of its own for each exposure, below `localhost`, which browsers
 * resolve to this machine by themselves, or below a name whose every label leads here.
 */
export class GatewayAddress {
  readonly #settings: Settings
  #port = 0

  constructor(settings: Settings) {
    this.#settings = settings
  }

  get isSecure(): boolean {
    return this.#settings.url.startsWith('https:')
  }

  /** Where a label leads; `*` names all of them. */
  origin(label: string): string {
    const { url } = this.#settings
    return `${this.isSecure ? 'https' : 'http'}://${label}.${url === '' ? `localhost:${this.#port}` : new URL(url).host}`
  }

  /** The label of a Host header, which has to be one of these names. */
  labelOf(host = ''): string {
    const [, label] = /^([a-z0-9]{1,63})\./.exec(host) ?? []
    if (label !== undefined && this.origin(label).replace(/^https?:\/\//, '') === host) return label
    throw new HubError('not_found', 'nothing is exposed under this name')
  }

  async listen(server: Server): Promise<OpenPort> {
    const { host, port } = this.#settings
    try {
      const opened = await openPort(server, { host, port })
      server.unref()
      this.#port = opened.port
      return opened
    } catch (cause) {
      throw new HubError('unavailable', `the port ${port} for pods cannot be opened`, {
        hint: 'Choose another one with --expose-port.',
        cause,
      })
    }
  }
}
