import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../hub.ts'
import { end } from './processes.ts'

const run = promisify(execFile)
const pluginFolder = '/usr/lib/cni'
const containerd = '/usr/bin/containerd'
const programs = [containerd, '/usr/bin/ctr', '/usr/sbin/runc', '/usr/sbin/ip']

export const podBridge = 'switchyard0'

/** Addresses of pods, and the one at which they reach the machine that they are on. */
export const podSubnet = '10.213.7.0/24'
export const podGateway = '10.213.7.1'

/** What of a container runtime is not on this machine; nothing where all is there. */
export const missingRuntime = (): string[] =>
  [...programs, join(pluginFolder, 'bridge'), '/usr/bin/busybox'].filter(
    (path) => !existsSync(path),
  )

export type Containerd = {
  /** Address of the runtime, as a kubelet is told it. */
  endpoint: string
  /** Brings in an image from an OCI archive, so that no registry is asked. */
  load(archive: string): Promise<void>
  stop(): Promise<void>
}

/** A containerd of the test's own, with a bridge of its own for pods: nothing of the machine's is used. */
export async function startContainerd(folder: string, pauseImage: string): Promise<Containerd> {
  const at = (name: string) => join(folder, name)
  const socket = at('containerd.sock')
  mkdirSync(at('cni'), { recursive: true })
  writeFileSync(at('cni/10-bridge.conflist'), JSON.stringify(podNetwork))
  writeFileSync(at('containerd.toml'), settingsOf(folder, pauseImage))
  await run('ip', ['link', 'add', podBridge, 'type', 'bridge'])
  await run('ip', ['address', 'add', `${podGateway}/24`, 'dev', podBridge])
  await run('ip', ['link', 'set', podBridge, 'up'])
  const log = openSync(at('containerd.log'), 'a')
  const child: ChildProcess = spawn(containerd, ['--config', at('containerd.toml')], {
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const ctr = (...args: string[]) =>
    run('ctr', ['--address', socket, '--namespace', 'k8s.io', ...args])
  await until(
    () =>
      ctr('version').then(
        () => true,
        () => false,
      ),
    60_000,
  )
  return {
    endpoint: `unix://${socket}`,
    async load(archive) {
      await ctr('images', 'import', archive)
    },
    async stop() {
      // A program of a pod has a parent of its own, which would outlive the runtime.
      const { stdout } = await ctr('tasks', 'list', '--quiet')
      for (const task of stdout.split('\n').filter(Boolean))
        await ctr('tasks', 'delete', '--force', task).catch(() => undefined) // It ended meanwhile.
      await end(child)
      await run('ip', ['link', 'delete', podBridge])
    },
  }
}

const podNetwork = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: podBridge,
      isGateway: false,
      ipMasq: false,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: podSubnet, gateway: podGateway }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
}

// The score that the kernel ends processes by may not be lowered without a capability that is missing in
// containers, and asking for it would end each pod before it starts.
const settingsOf = (folder: string, pauseImage: string) => `version = 2
root = "${folder}/images"
state = "${folder}/state"
[grpc]
  address = "${folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${pluginFolder}"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`
