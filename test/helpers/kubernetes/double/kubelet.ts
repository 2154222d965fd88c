import { spawn } from 'node:child_process'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { agentCommand } from '../../../../servers/cluster/drivers/agent-command.ts'
import type { Running } from './running.ts'
import { signalGroup } from './running.ts'
import type { Kept, Objects } from './objects.ts'
import { keyOf } from './objects.ts'
import { nodeCpus, nodeName, nodeObject } from './node.ts'
import { milli } from './admission.ts'
import type { Tokens } from './tokens.ts'

type PodSpec = {
  activeDeadlineSeconds: number
  containers: {
    image: string
    /** Without one an image starts what it was made for, which here is the agent. */
    command?: string[]
    env: { name: string; value: string }[]
    envFrom: { secretRef: { name: string } }[]
    resources: { requests: { cpu: string } }
    volumeMounts: { name: string; mountPath: string }[]
  }[]
  volumes: {
    name: string
    persistentVolumeClaim?: { claimName: string }
    configMap?: { name: string }
    projected?: { sources: { serviceAccountToken: { audience: string; path: string } }[] }
  }[]
}

/** A scheduler with one node, and a kubelet that runs each container as a process of this machine. */
export class Kubelet {
  readonly #objects: Objects
  readonly #root: string
  readonly #tokens: Tokens
  readonly #services: Map<string, string>
  readonly #running = new Map<string, Running>()
  #count = 0
  /** What pods have of a network: no addresses, those of this machine, or that with policies in force. */
  network: 'none' | 'open' | 'policed' = 'none'

  constructor(
    objects: Objects,
    root: string,
    { tokens, services }: { tokens: Tokens; services: Map<string, string> },
  ) {
    this.#objects = objects
    this.#tokens = tokens
    this.#services = services
    this.#root = realpathSync(root)
    objects.set(keyOf('nodes', undefined, nodeName), nodeObject)
  }

  running(pod: Kept): Running | undefined {
    return this.#running.get(pod.metadata.uid)
  }

  /** Looks at a pod whose spec or secret may have come by now. */
  sync(pod: Kept): void {
    const spec = pod.spec as PodSpec // As the hub sends it.
    const [container] = spec.containers
    if (!container || this.#running.has(pod.metadata.uid) || pod.status?.phase !== 'Pending') return
    if ((pod.metadata.labels as Record<string, string>)['kueue.x-k8s.io/queue-name']) {
      // As Kueue leaves it until there is quota; here there never is.
      const gated = { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }
      return this.#status(pod, { phase: 'Pending', conditions: [{ ...gated, message: '' }] })
    }
    if (milli(container.resources.requests.cpu) > nodeCpus * 1000) {
      const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }
      const message = '0/1 nodes are available: 1 Insufficient cpu.'
      return this.#status(pod, { phase: 'Pending', conditions: [{ ...condition, message }] })
    }
    if (container.image.includes('missing'))
      return this.#waits(pod, 'ErrImagePull', `failed to pull "${container.image}"`)
    const wanted = container.envFrom[0]?.secretRef.name
    const secret =
      wanted === undefined
        ? { stringData: {} }
        : this.#objects.get(keyOf('secrets', pod.metadata.namespace, wanted))
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

  evict(pod: Kept): void {
    const running = this.running(pod)
    if (!running) return
    running.reason = 'Evicted'
    signalGroup(running, 'SIGKILL')
  }

  kill(pod: Kept): void {
    const running = this.running(pod)
    if (running) signalGroup(running, 'SIGKILL')
  }

  close(): void {
    for (const running of this.#running.values()) signalGroup(running, 'SIGKILL')
  }

  #run(pod: Kept, spec: PodSpec, told: Record<string, string>): void {
    const [{ command = agentCommand(), volumeMounts } = { volumeMounts: [] }] = spec.containers
    const folders = volumeMounts.map(({ name, mountPath }) => {
      const volume = spec.volumes.find((one) => one.name === name)
      const claim = volume?.persistentVolumeClaim?.claimName
      const folder = join(this.#root, claim ?? `${pod.metadata.uid}-${name}`)
      mkdirSync(folder, { recursive: true })
      for (const { serviceAccountToken: token } of volume?.projected?.sources ?? [])
        writeFileSync(join(folder, token.path), this.#tokens.issue(pod, token.audience))
      for (const [file, text] of this.#configured(pod, volume?.configMap?.name))
        writeFileSync(join(folder, file), text)
      return [mountPath, folder] as const
    })
    const here = new Map(folders)
    const env = Object.fromEntries(
      Object.entries(told).map(([name, value]) => [name, this.#placeOf(value, folders)]),
    )
    env.PATH = process.env.PATH ?? '/usr/bin:/bin'
    const home = here.get('/home/agent') ?? this.#root
    // One stream for both, in the order it was written.
    const labels = (pod.metadata.labels ?? {}) as Record<string, string> // As they were sent.
    const isCutOff = this.network === 'policed' && labels['switchyard.dev/probe'] === 'denied'
    const inside = isCutOff ? ['unshare', '--map-root-user', '--net'] : []
    const asked = command.map((text) => this.#inText(text))
    const both = ['-c', 'exec "$@" 2>&1', 'sh', ...inside, ...asked]
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
      this.#status(pod, reason === '' ? status : { ...status, reason, message: 'the node says so' })
      tell()
    }
    child.once('spawn', () => {
      this.#status(pod, {
        phase: 'Running',
        ...(this.network === 'none' ? {} : { podIP: '127.0.0.1' }),
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

  /** Files of a ConfigMap; one that is not there has none. */
  #configured({ metadata }: Kept, name: string | undefined): [string, string][] {
    if (name === undefined) return []
    const map = this.#objects.get(keyOf('configmaps', metadata.namespace, name))
    return Object.entries((map?.data ?? {}) as Record<string, string>) // As the hub sent it.
  }

  /** What a mounted path, or the address of a service, is on this machine. */
  #placeOf(value: string, folders: (readonly [string, string])[]): string {
    const [path, folder] = folders.find(([at]) => `${value}/`.startsWith(`${at}/`)) ?? []
    if (path !== undefined && folder !== undefined) return folder + value.slice(path.length)
    const host = URL.canParse(value) ? new URL(value).host : ''
    return this.#services.get(host) ?? value
  }

  /** The same with what answers behind a service in place of its name. */
  #inText(text: string): string {
    return [...this.#services].reduce(
      (all, [host, url]) => all.replaceAll(host, new URL(url).host),
      text,
    )
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
