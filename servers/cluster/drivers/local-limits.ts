import type { Logger } from 'pino'
import type { PodSpec } from '../../kit/cluster-driver.ts'
import type { CgroupPlace } from './cgroups.ts'
import { Cgroups, joinThen } from './cgroups.ts'
import type { Launch } from './launch.ts'
import type { Cause } from './pod-process.ts'

/** What keeps pods of this machine within what they asked for: the kernel where it may, else a look now and then. */
export class LocalLimits {
  readonly #place: CgroupPlace
  readonly #log: Logger
  #groups: Cgroups | undefined

  constructor(place: CgroupPlace, log: Logger) {
    this.#place = place
    this.#log = log
  }

  /** Finds out what the machine offers, once, before the first pod. */
  async open(): Promise<void> {
    const opened = await Cgroups.open(this.#place, process.pid)
    if (typeof opened === 'string')
      this.#log.debug({ reason: opened }, 'memory of pods is looked at once a second')
    else this.#groups = opened
  }

  /** What is really enforced. */
  names(): string[] {
    return this.#groups ? ['time', 'cpu', 'memory', 'processes'] : ['time', 'memory (sampled)']
  }

  /** The same program, held to the limits of its pod from its first instruction. */
  async hold({ id, resources }: PodSpec, launch: Launch): Promise<Launch> {
    if (!this.#groups) return launch
    const group = await this.#groups.make(id, resources)
    const [program, args] = joinThen(group, launch.program, launch.args)
    return { ...launch, program, args }
  }

  async change({ id, resources }: PodSpec): Promise<void> {
    await this.#groups?.make(id, resources)
  }

  /** Ends what is left of a pod; why the kernel ended it, where it did. */
  async end(pod: string): Promise<Cause | undefined> {
    if (!this.#groups) return undefined
    const ranOut = await this.#groups.ranOut(pod)
    await this.#groups.remove(pod)
    return ranOut ? { reason: 'memory limit', limit: 'memory' } : undefined
  }
}
