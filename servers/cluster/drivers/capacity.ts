import { readFile, statfs } from 'node:fs/promises'
import { arch, availableParallelism, freemem, loadavg, platform, totalmem } from 'node:os'
import type { Capacity } from '../../../schemas/cluster.ts'
import type { Isolation, Resources } from '../../../schemas/task.ts'
import { run } from '../../kit/run.ts'
import { busyCores } from './busy-cores.ts'

const mib = 1024 * 1024

/** What this machine has, uses and has promised, read now. */
export async function readCapacity(options: {
  node: string
  cluster: string
  isolation: Isolation
  /** What each live pod was promised. */
  live: Resources[]
  maxPods: number
  dataDir: string
  tags: string[]
}): Promise<Capacity> {
  const { node, cluster, isolation, live, maxPods, dataDir, tags } = options
  const [disk, gpus, available] = await Promise.all([
    statfs(dataDir),
    readGpus(),
    availableMemory(),
  ])
  const cpus = availableParallelism()
  const load = loadavg()[0] ?? 0
  const busy = busyCores()
  const diskAvailable = (disk.bavail * disk.bsize) / mib
  const capacity = {
    node,
    cluster,
    tags: [`os:${platform()}`, `arch:${arch()}`, ...(gpus.length > 0 ? ['gpu'] : []), ...tags],
    cpus: {
      total: cpus,
      promised: live.reduce((sum, shape) => sum + shape.cpus, 0),
      load: Math.round(load * 100) / 100,
    },
    memoryMb: {
      total: Math.floor(totalmem() / mib),
      available: Math.floor(available / mib),
      promised: live.reduce((sum, shape) => sum + shape.memoryMb, 0),
    },
    diskMb: {
      total: Math.floor((disk.blocks * disk.bsize) / mib),
      available: Math.floor(diskAvailable),
    },
    gpus,
    used: {
      ...(busy === undefined ? {} : { cpus: busy }),
      memoryMb: Math.floor((totalmem() - available) / mib),
      diskMb: Math.floor(((disk.blocks - disk.bfree) * disk.bsize) / mib),
    },
    pods: { live: live.length, limit: maxPods },
    isolation,
    at: Date.now(),
  }
  return { ...capacity, health: pressureOf(capacity) === undefined ? 'ready' : 'pressure' }
}

/** What the machine runs out of, or undefined while there is enough. */
export function pressureOf({ memoryMb, diskMb }: Pick<Capacity, 'memoryMb' | 'diskMb'>) {
  if (memoryMb.available < memoryMb.total * 0.05)
    return `only ${memoryMb.available} of ${memoryMb.total} MiB memory are left`
  return diskMb.available < 256 ? `only ${diskMb.available} MiB disk are left` : undefined
}

/** Linux counts reclaimable cache as used; MemAvailable is what a new program can really get. */
async function availableMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '') // Other systems have no such file.
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1]
  return kib === undefined ? freemem() : Number(kib) * 1024
}

let gpus: Promise<Capacity['gpus']> | undefined

/** GPUs do not come and go while a machine runs, and asking for them is slow: asked once. */
function readGpus(): Promise<Capacity['gpus']> {
  gpus ??= queryGpus()
  return gpus
}

async function queryGpus(): Promise<Capacity['gpus']> {
  const args = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits']
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin' }
  const result = await run('nvidia-smi', args, { env, timeoutMs: 5000 }).catch(() => undefined) // Not installed.
  if (result?.exitCode !== 0) return []
  return result.stdout
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [name = 'GPU', memoryMb = '0'] = line.split(', ')
      return { name, memoryMb: Number(memoryMb) }
    })
}
