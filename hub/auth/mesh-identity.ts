import { request } from 'node:http'
import type { Logger } from 'pino'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { MeshNode, Principal } from '../../schemas/principal.ts'
import { isMeshAddress, plainAddress } from './mesh-address.ts'

/** Where tailscaled listens on this system, unless a setting says otherwise. */
const usualSocket =
  process.platform === 'darwin'
    ? '/var/run/tailscaled.socket'
    : '/var/run/tailscale/tailscaled.sock'
const keptMs = 5_000
const patienceMs = 2_000
const maxKept = 1_000

const WhoIs = z.object({ Node: z.object({ StableID: z.string(), Name: z.string() }) })

type Sources = { config(): { tailscaleSocket: string }; now(): number; log: Logger }
type Kept = { node: Promise<MeshNode | undefined>; until: number }

/**
 * Which machine of the mesh is behind an address, as the tailscaled of this machine knows it from the
 * keys that packets are sealed with. By it a peer's credential counts from the machine that it was given
 * to alone. https://pkg.go.dev/tailscale.com/client/local#Client.WhoIs
 */
export class MeshIdentity {
  readonly #sources: Sources
  readonly #kept = new Map<string, Kept>()

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /**
   * The caller with a credential of a hub, if it may use it from where it calls. An invitation comes back
   * with the machine that uses it, which what it is exchanged for is bound to.
   */
  async vouch(principal: Principal, address: string): Promise<Principal> {
    const { node: bound } = principal
    if (!bound) {
      const node = isInvited(principal) ? await this.nodeToBind(address) : undefined
      return node ? { ...principal, node } : principal
    }
    const node = isMeshAddress(address) ? await this.#nodeAt(plainAddress(address)) : undefined
    if (node?.id === bound.id) return principal
    const where = node?.name ?? address
    this.#sources.log.warn({ principal: principal.id, where }, 'a peer’s credential came elsewhere')
    throw new HubError(
      'denied',
      `this credential of ${principal.id} counts from ${bound.name} alone, and ${where} used it`,
      { hint: 'A hub that moved joins anew: peer_remove, then peer_invite and peer_add.' },
    )
  }

  /** The machine that a new credential is bound to: none outside of a mesh, or where none can be told. */
  async nodeToBind(host: string): Promise<MeshNode | undefined> {
    if (!isMeshAddress(host)) return undefined
    try {
      return await this.#nodeAt(plainAddress(host))
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      this.#sources.log.warn({ error }, 'a peer’s credential is bound to no machine of the mesh')
      return undefined
    }
  }

  #nodeAt(address: string): Promise<MeshNode | undefined> {
    const now = this.#sources.now()
    const kept = this.#kept.get(address)
    if (kept && kept.until > now) return kept.node
    if (this.#kept.size >= maxKept) this.#kept.clear()
    const node = whoIs(this.#sources.config().tailscaleSocket || usualSocket, address)
    this.#kept.set(address, { node, until: now + keptMs })
    node.catch(() => this.#kept.delete(address)) // Whoever asked is told; the next one asks again.
    return node
  }
}

const isInvited = ({ id }: Principal) => id.startsWith('invitation:')

/** Asks tailscaled; undefined for an address that is of no machine of the mesh. */
function whoIs(socketPath: string, address: string): Promise<MeshNode | undefined> {
  const path = `/localapi/v0/whois?addr=${encodeURIComponent(address)}`
  const headers = { host: 'local-tailscaled.sock' } // It answers no other.
  return new Promise((resolve, reject) => {
    const away = (why: string) =>
      reject(
        new HubError('unavailable', `tailscaled does not say who calls from ${address}: ${why}`, {
          hint: `It is asked at ${socketPath}; tailscaleSocket names another place.`,
        }),
      )
    const signal = AbortSignal.timeout(patienceMs)
    const asked = request({ socketPath, path, headers, signal }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (text += part))
      answer.on('error', ({ message }) => away(message))
      answer.on('end', () => {
        if (answer.statusCode === 404) return resolve(undefined)
        const found = answer.statusCode === 200 ? parse(text) : undefined
        if (found) resolve({ id: found.Node.StableID, name: found.Node.Name.replace(/\.$/, '') })
        else away(`it answered ${answer.statusCode}`)
      })
    })
    asked.on('error', ({ message }) => away(message))
    asked.end()
  })
}

function parse(text: string): z.infer<typeof WhoIs> | undefined {
  try {
    return WhoIs.safeParse(JSON.parse(text)).data
  } catch {
    return undefined // The same as an answer of another form.
  }
}
