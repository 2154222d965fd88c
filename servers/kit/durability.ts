import { open } from 'node:fs/promises'
import type Database from 'better-sqlite3'

/** How long a recorded row may be in the operating system's hands only. */
const diskMs = 100

/**
 * How far a commit goes: to the disk before it returns, or, for what only records something that has
 * happened elsewhere, to the disk within `diskMs`.
 */
export class Durability {
  readonly #db: Database.Database
  readonly #logFile: string
  #isRelaxed = false
  #timer: NodeJS.Timeout | undefined

  constructor(db: Database.Database, file: string) {
    this.#db = db
    this.#logFile = `${file}-wal`
  }

  /** With NORMAL a commit is in the log file but not forced to the disk; the next FULL one forces all. */
  set(isRelaxed: boolean): void {
    if (isRelaxed !== this.#isRelaxed) {
      this.#db.pragma(`synchronous = ${isRelaxed ? 'NORMAL' : 'FULL'}`)
      this.#isRelaxed = isRelaxed
    }
    // A FULL commit that changes nothing forces nothing, so what was recorded before is waited for.
    if (isRelaxed) this.#timer ??= setTimeout(() => void this.#sync(), diskMs)
  }

  /** The next commit, also the one that closes the file, forces all. */
  end(): void {
    this.#endTimer()
    this.#db.pragma('synchronous = FULL')
  }

  /** Forces the log file to the disk, in a thread of its own: a commit would halt the hub for it. */
  async #sync(): Promise<void> {
    this.#endTimer()
    try {
      await using log = await open(this.#logFile, 'r')
      await log.sync()
    } catch {
      // Closed meanwhile, which forces all; or a disk that fails, and whoever writes next is told.
    }
  }

  #endTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
