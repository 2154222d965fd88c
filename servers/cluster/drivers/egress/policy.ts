import { BlockList, isIP } from 'node:net'
import type { Egress } from '../../../../schemas/egress.ts'

/** An address where credentials of the machine or its services are, which no name may lead to. */
const inner = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // Link-local: services that hand out credentials of a cloud, among others.
  ['100.100.100.200', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  inner.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ['::', 127],
  ['fe80::', 10],
  ['fd00:ec2::254', 128],
  ['ff00::', 8],
] as const)
  inner.addSubnet(network, prefix, 'ipv6')

/** Whether an org lets its pods ask for a host and port, by its name. */
export function isAllowed(egress: Egress, { host, port }: { host: string; port: number }): boolean {
  if (egress === 'all') return true
  if (egress === 'hub') return false
  const name = nameOf(host)
  return egress.some((entry) => {
    const [, wanted = '', only] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
    if (only !== undefined && Number(only) !== port) return false
    return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted
  })
}

/** Whether a connection may go to the address that a host name turned out to have. */
export function isReachable(egress: Egress, host: string, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!inner.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')) return true
  // Who lists this machine itself, or the very address, means it.
  const name = nameOf(host)
  const isMeant = name === 'localhost' || isIP(name) !== 0
  return isMeant && Array.isArray(egress)
}

const nameOf = (host: string) =>
  host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.*)\]$/, '$1')
