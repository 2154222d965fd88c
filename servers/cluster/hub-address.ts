import { isIP } from 'node:net'
import type { Config } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import { serviceNamespace } from './drivers/kubernetes/baseline.ts'

/** Refuses an address at which pods of a cluster could never reach this hub, before one of them tries. */
export function assertReachable(
  asked: {
    hub_url?: string | undefined
    agent_image?: string | undefined
    egress: string[]
  },
  config: Pick<Config, 'host' | 'port' | 'allowedHosts'>,
): void {
  const { hub_url: address, agent_image: agentImage, egress } = asked
  if (address === undefined) {
    if (agentImage === undefined) return
    throw new HubError('invalid', '`agent_image` is given without `hub_url`', {
      hint: 'Say at which address the pods of this cluster reach the hub.',
    })
  }
  const url = new URL(address)
  const { hostname } = url
  if (isLoopback(hostname))
    throw new HubError('invalid', `hub_url names ${hostname}, which is the pod itself in a pod`, {
      hint: 'Start the hub with --host ADDRESS, or behind a proxy, and give the address that the cluster reaches.',
    })
  const isName = isIP(bare(hostname)) === 0 && serviceNamespace(hostname) === undefined
  if (isName && egress.length === 0)
    throw new HubError('invalid', `hub_url names ${hostname}, which a network policy cannot`, {
      hint: 'Give the network of its address in `egress`, or an IP address, or NAME.NAMESPACE.svc of a service.',
    })
  if (agentImage !== undefined && !isServed(url, config))
    throw new HubError('invalid', `the hub refuses requests to the Host ${url.host}`, {
      hint: `Start it with --allowed-hosts ${url.host}.`,
    })
}

/** Whether the guard of the port lets requests in that name this host. */
function isServed({ host, hostname, port }: URL, config: Parameters<typeof assertReachable>[1]) {
  if (config.allowedHosts.split(',').some((name) => name.trim().toLowerCase() === host)) return true
  const isOwn = bare(hostname) === config.host && port !== ''
  return isOwn && (config.port === 0 || config.port === Number(port))
}

const isLoopback = (hostname: string) =>
  /^(127\.|0\.0\.0\.0$|\[::1?\]$|\[::ffff:7f|(.+\.)?localhost$)/.test(hostname)

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '')
