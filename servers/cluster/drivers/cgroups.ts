import { access, constants, mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Resources } from '../../../schemas/task.ts'
import { familyOf, snapshot } from './processes.ts'

const mib = 1024 * 1024
const periodUs = 100_000
/** Threads count as well: a build of many workers stays below it, a fork bomb does not. */
const mostProcesses = 4096
const controllers = ['cpu', 'memory', 'pids']

/** Where control groups are mounted, and which one a process is in; a test has folders of its own. */
export type CgroupPlace = { mount: string; membership: string }

export const machineCgroups: CgroupPlace = {
  mount: '/sys/fs/cgroup',
  membership: '/proc/self/cgroup',
}

/** The group of a process in the one hierarchy of version 2; undefined under version 1, or a mix. */
export function unifiedGroup(membership: string): string | undefined {
  const lines = membership.trim().split('\n')
  const [only = ''] = lines
  return lines.length === 1 && only.startsWith('0::/') ? only.slice(3) : undefined
}

/** What is written into the files of a pod's group. */
export const limitsOf = ({ cpus, memoryMb }: Resources): Record<string, string> => ({
  'cpu.max': `${Math.max(1000, Math.round(cpus * periodUs))} ${periodUs}`,
  'memory.max': `${memoryMb * mib}`,
  'pids.max': `${mostProcesses}`,
})

/** Makes a process join a group and then become another program, which is in it from its first instruction. */
export const joinThen = (group: string, program: string, args: string[]): [string, string[]] => [
  '/bin/sh',
  ['-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', group, program, ...args],
]

/**
 * Groups of version 2 below the hub's own, where that was given to it: a service with `Delegate=yes`, a
 * container with a namespace of groups. The hub moves itself, with what it started, into a group beside
 * those of its pods, as only a group without processes hands controllers on.
 */
export class Cgroups {
  readonly #root: string

  private constructor(root: string) {
    this.#root = root
  }

  /** The groups, or why there are none. */
  static async open(place: CgroupPlace, pid: number): Promise<Cgroups | string> {
    const read = (path: string) => readFile(path, 'utf8').catch(() => undefined) // There is none such.
    const own = unifiedGroup((await read(place.membership)) ?? '')
    if (own === undefined) return 'this machine has no control groups of version 2'
    // After a restart in place the hub may be in its own group already.
    const root = join(place.mount, own.replace(/\/hub$/, ''))
    const offered = (await read(join(root, 'cgroup.controllers')))?.trim().split(' ') ?? []
    const missing = controllers.filter((name) => !offered.includes(name))
    if (missing.length > 0)
      return `the control group of the hub has no controllers ${missing.join(', ')}`
    try {
      await access(join(root, 'cgroup.procs'), constants.W_OK)
      const inside = (await read(join(root, 'cgroup.procs')))?.trim().split('\n') ?? []
      const family = familyOf(pid, await snapshot()).map((process) => `${process.pid}`)
      const ours = inside.filter((one) => family.includes(one))
      if (ours.length < inside.filter(Boolean).length)
        return 'the control group of the hub is shared with other processes'
      await mkdir(join(root, 'hub'), { recursive: true })
      // Those that ended meanwhile need no place.
      for (const one of ours)
        await writeFile(join(root, 'hub', 'cgroup.procs'), one).catch(() => undefined)
      await writeFile(
        join(root, 'cgroup.subtree_control'),
        controllers.map((name) => `+${name}`).join(' '),
      )
      return new Cgroups(root)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return `the control group of the hub may not be divided: ${why}`
    }
  }

  /** Makes the group of a pod; returns its folder. */
  async make(pod: string, resources: Resources): Promise<string> {
    const group = join(this.#root, pod)
    await mkdir(group, { recursive: true })
    await this.limit(pod, resources)
    return group
  }

  async limit(pod: string, resources: Resources): Promise<void> {
    for (const [file, value] of Object.entries(limitsOf(resources)))
      await writeFile(join(this.#root, pod, file), value)
  }

  /** Whether the kernel ended something in the group for want of memory. */
  async ranOut(pod: string): Promise<boolean> {
    const path = join(this.#root, pod, 'memory.events')
    const events = await readFile(path, 'utf8').catch(() => '') // It had no group.
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0) > 0
  }

  /** Ends what is left in the group, and the group. The kernel keeps it while anything is still ending. */
  async remove(pod: string): Promise<void> {
    const group = join(this.#root, pod)
    const files = await readdir(group).catch((): string[] => []) // It had no group.
    if (files.includes('cgroup.kill')) await writeFile(join(group, 'cgroup.kill'), '1')
    for (let tries = 0; tries < 20; tries++) {
      const isGone = await rmdir(group).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
      )
      if (isGone) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
