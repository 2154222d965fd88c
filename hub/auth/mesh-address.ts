import { BlockList, isIP } from 'node:net'

// The ranges that Tailscale and Headscale give to the machines of a mesh.
const mesh = new BlockList()
mesh.addSubnet('100.64.0.0', 10, 'ipv4')
mesh.addSubnet('fd7a:115c:a1e0::', 48, 'ipv6')

/** An address as URLs and sockets write it, in its own form: no brackets, IPv4 not as IPv6. */
export const plainAddress = (host: string): string =>
  host.replace(/^\[|\]$/g, '').replace(/^::ffff:(?=\d+\.)/i, '')

/** Whether a host is an address in a mesh; names are none. */
export const isMeshAddress = (host: string): boolean => isIn(mesh, host)

/** Whether a host is an address within these ranges. */
export function isIn(ranges: BlockList, host: string): boolean {
  const address = plainAddress(host)
  const family = isIP(address)
  return family !== 0 && ranges.check(address, family === 6 ? 'ipv6' : 'ipv4')
}
