import { BlockList } from 'node:net'
import { HubError } from '../../schemas/errors.ts'
import { isIn, isMeshAddress } from '../auth/mesh-address.ts'

export type Invitation = { url: string; token: string; mutual: boolean }

/** The address with the secret as its fragment, which no browser sends. */
export const writeInvitation = ({ url, token, mutual }: Invitation): string =>
  `${url}/#${mutual ? 'mutual' : 'peer'}.${token}`

export function openInvitation(text: string): Invitation {
  const [, url, kind, token] =
    /^(https?:\/\/[^#]+?)\/?#(peer|mutual)\.([\w-]{20,200})$/.exec(text.trim()) ?? []
  if (url === undefined || token === undefined)
    throw new HubError('invalid', 'this is no invitation', {
      hint: 'It begins with an address and is what peer_invite gave on the other hub, whole.',
    })
  return { url: reachable(url), token, mutual: kind === 'mutual' }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** An address of a hub in its shortest form. Credentials cross no network in clear: https, this machine, or a mesh. */
export function reachable(address: string): string {
  const { protocol, hostname, origin } = new URL(address)
  if (protocol === 'https:' || isLoopback(hostname) || isMeshAddress(hostname)) return origin
  throw new HubError('denied', `hubs do not talk over plain http with ${hostname}`, {
    hint: 'Use https, or the address of that machine in the mesh (100.64.0.0/10 or fd7a:115c:a1e0::/48).',
  })
}

/** Whether a host, as an address has it, is the machine of whoever calls it. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || isIn(loopback, hostname)
