import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../hub.ts'
import type { ControlPlane } from './control-plane.ts'
import { goProgram, whyNoGoProgram } from './go-programs.ts'
import { podBridge, podSubnet } from './containerd.ts'
import { end } from './processes.ts'

/** What a network does beside carrying packets: it leads to services, and may keep policies as well. */
export type NetworkKind = 'services' | 'policies'

/**
 * What makes a bridge the network of a cluster: kube-proxy leads addresses of services to pods, and
 * kube-router keeps network policies. Both write rules of the kernel, and take theirs back at the end.
 */
export async function startNetwork(
  plane: ControlPlane,
  kind: NetworkKind,
  { binary, node, folder }: { binary: string; node: string; folder: string },
): Promise<{ stop(): Promise<void> }> {
  const router = kind === 'policies' ? await goProgram('kube-router') : undefined
  if (hasChain('nat', 'KUBE-SERVICES'))
    throw new Error(
      'rules of another Kubernetes are here: give this a network namespace of its own',
    )
  // What one pod sends another on the bridge passes these rules too, and what leaves it is led on.
  for (const name of ['bridge/bridge-nf-call-iptables', 'ipv4/ip_forward'])
    writeFileSync(join('/proc/sys/net', name), '1')
  // This machine calls services as well. What is sent to them is led elsewhere before it leaves.
  execFileSync('ip', ['route', 'add', '10.96.0.0/16', 'dev', podBridge])
  const settings = join(folder, 'kube-proxy.yaml')
  writeFileSync(settings, JSON.stringify(proxySettings(plane.kubeconfig, node)))
  const run = (name: string, program: string, ...args: string[]): ChildProcess => {
    const log = openSync(join(folder, `${name}.log`), 'a')
    const env = { ...process.env, NODE_NAME: node }
    const child = spawn(program, args, { stdio: ['ignore', log, log], env })
    closeSync(log)
    return child
  }
  const children = [
    run('kube-proxy', binary, 'kube-proxy', `--config=${settings}`),
    ...(router === undefined
      ? []
      : [run('kube-router', router, ...routerArgs, `--kubeconfig=${plane.kubeconfig}`)]),
  ]
  try {
    await until(() => hasChain('nat', 'KUBE-SERVICES'), 60_000)
    if (router !== undefined) await until(() => hasChain('filter', 'KUBE-ROUTER-FORWARD'), 60_000)
  } catch (cause) {
    for (const child of children) await end(child)
    const said = ['kube-proxy', ...(router ? ['kube-router'] : [])].map(
      (name) => `${name}: ${tailOf(join(folder, `${name}.log`))}`,
    )
    throw new Error(`the network does not start: ${said.join('\n')}`, { cause })
  }
  return {
    async stop() {
      for (const child of children) await end(child)
      // Their own ways to do that also look for what this machine may not have.
      execFileSync('sh', ['-c', takeBack], { stdio: 'pipe' })
    },
  }
}

const takeBack = `iptables-save | grep -v -e KUBE- | iptables-restore
if command -v ipset >/dev/null; then ipset list -name | grep ^KUBE- | xargs -r -n 1 ipset destroy; fi`

const routerArgs = [
  '--run-firewall=true',
  '--run-router=false',
  '--run-service-proxy=false',
  '--health-port=0',
]

const tailOf = (path: string) => readFileSync(path, 'utf8').slice(-3000)

function hasChain(table: string, chain: string): boolean {
  const rules = execFileSync('iptables-save', ['-t', table], { encoding: 'utf8' })
  return rules.includes(`:${chain} `)
}

const proxySettings = (kubeconfig: string, hostnameOverride: string) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  hostnameOverride,
  clusterCIDR: podSubnet,
  clientConnection: { kubeconfig },
  healthzBindAddress: '127.0.0.1:10256',
  metricsBindAddress: '127.0.0.1:10249',
  // These limits are of the machine, not of a network namespace.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  iptables: { syncPeriod: '30s', minSyncPeriod: '100ms' },
})

/** Why no network policy can be kept on a node here; undefined where kube-router can. */
export function whyNoPolicies(): string | undefined {
  const missing = ['/usr/sbin/iptables', '/usr/sbin/ipset'].filter((path) => !existsSync(path))
  return missing.length > 0 ? `it needs ${missing.join(', ')}` : whyNoGoProgram('kube-router')
}
