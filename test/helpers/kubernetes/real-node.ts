import { execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeArchive } from '../../../scripts/image/archive.ts'
import { writeLayer } from '../../../scripts/image/layer.ts'
import { Tree } from '../../../scripts/image/tree.ts'
import { until } from '../hub.ts'
import { dnsAddress } from './cluster-dns.ts'
import { missingRuntime, podGateway, startContainerd } from './containerd.ts'
import type { ControlPlane } from './control-plane.ts'
import { end } from './processes.ts'

const busybox = '/usr/bin/busybox'
const pauseImage = 'docker.io/local/pause:1'

/** Image of a busybox alone, which each node has. */
const boxImage = 'docker.io/local/box:1'

/** A machine that runs pods: a kubelet with a container runtime. */
export type RealNode = {
  name: string
  /** What its parts write, their logs among it, until it is stopped. */
  folder: string
  /** Address at which pods reach what listens on this machine. */
  gateway: string
  load(archive: string): Promise<void>
  stop(): Promise<void>
}

/** Why no node can be run here; undefined where it can. */
export function whyNoNode(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root'
  const missing = missingRuntime()
  return missing.length > 0 ? `it needs ${missing.join(', ')}` : undefined
}

/**
 * Joins a kubelet with a containerd of its own to a control plane, and waits until it takes pods. With
 * `dns`, pods are told the address of the cluster's own, which somebody has to serve.
 */
export async function startNode(
  plane: ControlPlane,
  binary: string,
  dns = false,
): Promise<RealNode> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-node-'))
  const at = (name: string) => join(folder, name)
  const name = 'worker'
  const runtime = await startContainerd(folder, pauseImage)
  for (const [image, command] of [
    [pauseImage, ['/bin/sleep', '2147483647']],
    [boxImage, ['/bin/sh']],
  ] as const) {
    await writeBox(at('image.tar'), image, [...command])
    await runtime.load(at('image.tar'))
  }
  mkdirSync(at('kubelet'))
  writeFileSync(
    at('kubelet.yaml'),
    JSON.stringify(settingsOf(plane, { endpoint: runtime.endpoint, folder, dns })),
  )
  writeFileSync(
    at('kubeconfig'),
    JSON.stringify(plane.kubeconfigOf(`system:node:${name}`, 'system:nodes')),
    {
      mode: 0o600,
    },
  )
  const log = openSync(at('kubelet.log'), 'a')
  const child = spawn(
    binary,
    [
      'kubelet',
      `--config=${at('kubelet.yaml')}`,
      `--kubeconfig=${at('kubeconfig')}`,
      `--root-dir=${at('kubelet')}`,
      `--cert-dir=${at('kubelet')}`,
      `--hostname-override=${name}`,
      `--node-ip=${podGateway}`,
    ],
    { stdio: ['ignore', log, log] },
  )
  closeSync(log)
  const stop = async () => {
    await end(child)
    await runtime.stop()
    unmountAll(folder)
    clearCgroups()
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
  }
  await until(() => isReady(plane, name), 120_000)
  return { name, folder, gateway: podGateway, load: (archive) => runtime.load(archive), stop }
}

/** An image of a busybox alone, in which every applet is a program. */
async function writeBox(archive: string, name: string, command: string[]): Promise<void> {
  const tree = new Tree()
  for (const place of ['tmp', 'work', 'home/agent']) tree.folder(place)
  tree.file('bin/busybox', busybox, 0o755)
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')
  for (const applet of applets) if (applet !== 'busybox') tree.link(`bin/${applet}`, 'busybox')
  const layer = await writeLayer(tree, `${archive}.layer`)
  const config = {
    User: '65532:65532',
    Env: ['PATH=/bin'],
    Entrypoint: command,
    WorkingDir: '/',
    Labels: {},
  }
  await writeArchive(archive, { name, config, layers: [layer] })
}

async function isReady(plane: ControlPlane, name: string): Promise<boolean> {
  const { status, body } = await plane.api('GET', `/api/v1/nodes/${name}`)
  if (status !== 200) return false
  const { spec, status: told } = body as Node
  return (
    !spec.taints?.length &&
    told.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True')
  )
}

type Node = {
  spec: { taints?: unknown[] }
  status: { conditions: { type: string; status: string }[] }
}

const settingsOf = (
  plane: ControlPlane,
  { endpoint, folder, dns }: { endpoint: string; folder: string; dns: boolean },
) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: podGateway,
  port: 10_250,
  healthzPort: 0,
  containerRuntimeEndpoint: endpoint,
  cgroupDriver: 'cgroupfs',
  failCgroupV1: false,
  failSwapOn: false,
  enforceNodeAllocatable: [],
  podLogsDir: join(folder, 'logs'),
  volumePluginDir: join(folder, 'volumes'),
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: false },
    x509: { clientCAFile: plane.authority },
  },
  authorization: { mode: 'AlwaysAllow' },
  // A test's machine may be nearly full; what is full is another test.
  evictionHard: {
    'nodefs.available': '1Mi',
    'imagefs.available': '1Mi',
    'memory.available': '10Mi',
  },
  clusterDomain: 'cluster.local',
  clusterDNS: dns ? [dnsAddress] : [],
  fileCheckFrequency: '0s',
  registerNode: true,
})

/** Volumes and root file systems of pods stay mounted when a kubelet is ended. */
function unmountAll(folder: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const inside = mounts
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(folder))
  for (const path of inside.toReversed()) execFileSync('umount', ['--lazy', path])
}

/** A kubelet leaves its groups of processes behind when it is ended. */
function clearCgroups(): void {
  const clear = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true }))
      if (entry.isDirectory()) clear(join(path, entry.name))
    rmdirSync(path)
  }
  const groups = '/sys/fs/cgroup'
  for (const controller of ['', ...readdirSync(groups)])
    for (const group of ['kubepods', 'k8s.io'])
      if (existsSync(join(groups, controller, group))) clear(join(groups, controller, group))
}
