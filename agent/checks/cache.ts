import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../processes.ts'
import type { Cached } from './steps.ts'
import { quoted } from './reporting.ts'

const maxEntryBytes = 1024 ** 3
const maxBytes = 4 * 1024 ** 3
const staleMs = 3_600_000
const archiveTimeoutMs = 600_000

type Place = { root: string; repo: string; cwd: string; signal: AbortSignal }

/**
 * What earlier runs of the same repository made, an archive for each combination of lock files, tool
 * versions and command. It lies in the cache of the org, which no pod of another org is shown, and
 * the entries that were not used for longest go when it outgrows its bound.
 */
export class StepCache {
  readonly #place: Place
  readonly #folder: string

  constructor(place: Place) {
    this.#place = place
    this.#folder = join(place.root, 'steps', sha256(place.repo).slice(0, 16))
  }

  /** The cache of this machine's pods; undefined for an agent that was given none. */
  static of(repo: string | undefined, cwd: string, signal: AbortSignal): StepCache | undefined {
    const root = process.env.SWITCHYARD_CACHE
    if (!root || repo === undefined) return undefined
    return new StepCache({ root, repo, cwd, signal })
  }

  /** The name of what a step would make; undefined where its tool does not even tell its version. */
  async key(command: string, { files, paths, version }: Cached): Promise<string | undefined> {
    const tool = await this.#run(version)
    if (tool.exitCode !== 0) return undefined
    const digests = await Promise.all(
      files.map(async (name) => {
        const path = join(this.#place.cwd, name)
        const text = await readFile(path).catch(() => undefined) // Missing is part of the key.
        return [name, text && sha256(text)]
      }),
    )
    const { platform, arch } = process
    return sha256(JSON.stringify([command, paths, tool.tail, platform, arch, digests]))
  }

  /** Puts what was made before into its place; the size of it, or undefined when there is none. */
  async restore(key: string, { paths }: Cached): Promise<number | undefined> {
    const file = this.#file(key)
    const found = await stat(file).catch(() => undefined) // Missing: made anew.
    if (!found) return undefined
    await this.#clear(paths)
    const { exitCode } = await this.#run(`tar -xf ${quoted(file)} -C ${quoted(this.#place.cwd)}`)
    if (exitCode === 0) {
      const now = new Date()
      await utimes(file, now, now).catch(() => undefined) // Evicted meanwhile: it was restored all the same.
      return found.size
    }
    // Cut off or evicted half-way: nothing of it may stay.
    await this.#clear(paths)
    await rm(file, { force: true })
    return undefined
  }

  /** Keeps what a step made. Whole or not at all: it appears under its name when it is complete. */
  async save(key: string, { paths }: Cached): Promise<number | undefined> {
    const file = this.#file(key)
    if (await stat(file).catch(() => undefined)) return undefined // Kept by another run.
    await mkdir(this.#folder, { recursive: true })
    const temporary = `${file}.${randomUUID()}.part`
    const names = paths.map(quoted).join(' ')
    try {
      const limit = `ulimit -f ${maxEntryBytes / 512}`
      const made = await this.#run(
        `${limit}; tar -cf ${quoted(temporary)} -C ${quoted(this.#place.cwd)} -- ${names}`,
      )
      if (made.exitCode !== 0) return undefined
      const { size } = await stat(temporary)
      await rename(temporary, file)
      await evict(join(this.#place.root, 'steps'), maxBytes)
      return size
    } finally {
      await rm(temporary, { force: true })
    }
  }

  #file(key: string): string {
    return join(this.#folder, `${key}.tar`)
  }

  async #clear(paths: string[]): Promise<void> {
    for (const path of paths)
      await rm(join(this.#place.cwd, path), { recursive: true, force: true })
  }

  #run(command: string) {
    const { cwd, signal } = this.#place
    return runCommand(command, {
      cwd,
      signal,
      timeoutMs: archiveTimeoutMs,
      onOutput: () => Promise.resolve(),
    })
  }
}

/** Removes the entries that were not used for longest until the rest is small enough. */
export async function evict(root: string, limitBytes: number): Promise<void> {
  const names = await readdir(root, { recursive: true })
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(root, name)
      const found = await stat(path).catch(() => undefined) // Another run removed it.
      return found?.isFile() ? { path, size: found.size, usedAt: found.mtimeMs } : undefined
    }),
  )
  const known = files.flatMap((file) => file ?? []).sort((a, b) => a.usedAt - b.usedAt)
  const abandoned = ({ path, usedAt }: { path: string; usedAt: number }) =>
    path.endsWith('.part') && usedAt < Date.now() - staleMs
  let total = known.reduce((sum, { size }) => sum + size, 0)
  for (const file of known) {
    const isOver = total > limitBytes && file.path.endsWith('.tar')
    if (!isOver && !abandoned(file)) continue
    await rm(file.path, { force: true })
    total -= file.size
  }
}

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')
