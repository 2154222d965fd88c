import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdirSync, realpathSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Kept, Objects } from './objects.ts'
import { keyOf } from './objects.ts'
import { milli } from './admission.ts'

type Line = { at: string; data: Buffer }
type Running = {
  child: ChildProcess
  home: string
  env: Record<string, string>
  output: Line[]
  reason: string
  hasEnded: boolean
  wake: Set<() => void>
}

type PodSpec = {
  activeDeadlineSeconds: number
  containers: {
    image: string
    command: string[]
    env: { name: string; value: string }[]
    envFrom: { secretRef: { name: string } }[]
    resources: { requests: { cpu: string } }
    volumeMounts: { name: string; mountPath: string }[]
  }[]
  volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[]
}

const nodeName = 'node-1'
const nodeCpus = 4

/** A scheduler with one node, and a kubelet that runs each container as a process of this machine. */
export class Kubelet {
  readonly #objects: Objects
  readonly #root: string
  readonly #running = new Map<string, Running>()
  #count = 0

  constructor(objects: Objects, root: string) {
    this.#objects = objects
    this.#root = realpathSync(root)
    const ready = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }]
    const allocatable = {
      cpu: String(nodeCpus),
      memory: '8Gi',
      pods: '110',
      'ephemeral-storage': '10Gi',
    }
    objects.set(keyOf('nodes', undefined, nodeName), {
      kind: 'Node',
      metadata: {
        name: nodeName,
        labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', disk: 'ssd' },
      },
      spec: {},
      status: { allocatable, conditions: ready },
    })
  }

  running(pod: Kept): Running | undefined {
    return this.#running.get(pod.metadata.uid)
  }

  /** Looks at a pod whose spec or secret may have come by now. */
  sync(pod: Kept): void {
    const spec = pod.spec as PodSpec // As the hub sends it.
    const [container] = spec.containers
    if (!container || this.#running.has(pod.metadata.uid) || pod.status?.phase !== 'Pending') return
    if (milli(container.resources.requests.cpu) > nodeCpus * 1000) {
      const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }
      const message = '0/1 nodes are available: 1 Insufficient cpu.'
      return this.#status(pod, { phase: 'Pending', conditions: [{ ...condition, message }] })
    }
    if (container.image.includes('missing'))
      return this.#waits(pod, 'ErrImagePull', `failed to pull "${container.image}"`)
    const secret = this.#objects.get(
      keyOf('secrets', pod.metadata.namespace, container.envFrom[0]?.secretRef.name ?? ''),
    )
    if (!secret) return this.#waits(pod, 'CreateContainerConfigError', 'secret not found')
    const told = (secret.stringData ?? {}) as Record<string, string> // As the hub sent it.
    this.#run(pod, spec, {
      ...Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
      ...told,
    })
  }

  async stop(pod: Kept, graceSeconds: number, forget: () => void): Promise<void> {
    const running = this.running(pod)
    if (!running || running.hasEnded) return forget()
    signalGroup(running, 'SIGTERM')
    const timer = setTimeout(() => signalGroup(running, 'SIGKILL'), graceSeconds * 1000)
    while (!running.hasEnded) await new Promise<void>((resolve) => running.wake.add(resolve))
    clearTimeout(timer)
    forget()
  }

  kill(pod: Kept): void {
    const running = this.running(pod)
    if (running) signalGroup(running, 'SIGKILL')
  }

  close(): void {
    for (const running of this.#running.values()) signalGroup(running, 'SIGKILL')
  }

  #run(pod: Kept, spec: PodSpec, told: Record<string, string>): void {
    const [{ command, volumeMounts } = { command: [''], volumeMounts: [] }] = spec.containers
    const folders = volumeMounts.map(({ name, mountPath }) => {
      const claim = spec.volumes.find((volume) => volume.name === name)?.persistentVolumeClaim
        ?.claimName
      const folder = join(this.#root, claim ?? `${pod.metadata.uid}-${name}`)
      mkdirSync(folder, { recursive: true })
      return [mountPath, folder] as const
    })
    const here = new Map(folders)
    const env = Object.fromEntries(
      Object.entries(told).map(([name, value]) => [name, here.get(value) ?? value]),
    )
    env.PATH = process.env.PATH ?? '/usr/bin:/bin'
    const home = here.get('/home/agent') ?? this.#root
    // One stream for both, in the order it was written.
    const both = ['-c', 'exec "$@" 2>&1', 'sh', ...command]
    const child = spawn('/bin/sh', both, {
      cwd: home,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const running: Running = {
      child,
      home,
      env,
      output: [],
      reason: '',
      hasEnded: false,
      wake: new Set(),
    }
    this.#running.set(pod.metadata.uid, running)
    const tell = () => {
      for (const wake of running.wake) wake()
      running.wake.clear()
    }
    const keep = (data: Buffer) => {
      running.output.push({ at: this.#instant(), data })
      tell()
    }
    child.stdout.on('data', keep)
    const end = (state: object, phase: string, reason = '') => {
      running.hasEnded = true
      const status = { phase, containerStatuses: [{ name: 'main', state: { terminated: state } }] }
      this.#status(
        pod,
        reason === '' ? status : { ...status, reason, message: 'Pod was active too long' },
      )
      tell()
    }
    child.once('spawn', () => {
      this.#status(pod, {
        phase: 'Running',
        containerStatuses: [{ name: 'main', state: { running: {} } }],
      })
      const deadline = setTimeout(() => {
        running.reason = 'DeadlineExceeded'
        signalGroup(running, 'SIGKILL')
      }, spec.activeDeadlineSeconds * 1000)
      child.once('close', (code, signal) => {
        clearTimeout(deadline)
        const exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL']
        const isFine = exitCode === 0 && running.reason === ''
        end(
          { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' },
          isFine ? 'Succeeded' : 'Failed',
          running.reason,
        )
      })
    })
  }

  /** No two lines at the same time, as the time is what tells them apart. */
  #instant(): string {
    this.#count = (this.#count + 1) % 1_000_000
    return `${new Date().toISOString().slice(0, -1)}${String(this.#count).padStart(6, '0')}Z`
  }

  #waits(pod: Kept, reason: string, message: string): void {
    const waiting = { reason, message }
    this.#status(pod, {
      phase: 'Pending',
      containerStatuses: [{ name: 'main', state: { waiting } }],
    })
  }

  #status(pod: Kept, status: Record<string, unknown>): void {
    const key = keyOf('pods', pod.metadata.namespace, pod.metadata.name)
    const known = this.#objects.get(key)
    if (known?.metadata.uid !== pod.metadata.uid) return
    const isPlaced = status.conditions === undefined
    this.#objects.set(key, {
      ...known,
      spec: { ...known.spec, ...(isPlaced ? { nodeName } : {}) },
      status,
    })
  }
}

function signalGroup({ child, hasEnded }: Running, signal: NodeJS.Signals): void {
  if (hasEnded || child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // Its last process has ended meanwhile.
  }
}
