import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogOptions } from '../../../kit/cluster-driver.ts'
import { tidy } from '../clean-up.ts'
import { readLog } from '../output.ts'

/** Most of a pod's output that outlives it: as much as `pod_log` shows. */
export const keptBytes = 262_144

/** The last words of pods that have ended: a cluster forgets them with the pod. */
export class KeptOutput {
  readonly #folder: string

  /** Beside the folders of local pods, in one that starts with a dot. */
  constructor(dataDir: string, cluster: string) {
    this.#folder = join(dataDir, 'pods', `.${cluster}`)
  }

  async write(pod: string, bytes: Buffer): Promise<void> {
    const folder = join(this.#folder, pod)
    await mkdir(folder, { recursive: true })
    const path = join(folder, 'output.log')
    await writeFile(`${path}.new`, bytes, { mode: 0o600 })
    await rename(`${path}.new`, path)
  }

  read(pod: string, options: LogOptions): AsyncIterable<Uint8Array> {
    return readLog(join(this.#folder, pod, 'output.log'), options, () => false)
  }

  /** Removes what is older than a week; returns how many. */
  async tidy(): Promise<number> {
    const names = await readdir(this.#folder).catch((): string[] => []) // Nothing was kept yet.
    const removed = await Promise.all(names.map((name) => tidy(join(this.#folder, name))))
    return removed.filter(Boolean).length
  }
}
