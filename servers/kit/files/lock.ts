import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { HubError } from '../../../schemas/errors.ts'
import { withLock } from '../locks.ts'

const patienceMs = 20_000
/** A live process is believed for so long; a large move may take minutes. A dead one is not. */
const staleMs = 600_000
const unmarkedMs = 5000
const pollMs = 3
/** How long a process that has more to do leaves the lock to one that asked for it. */
const yieldMs = 8

/**
 * Runs `work` while nobody else, in this process or another, holds the lock file. What a killed
 * process left behind is taken over. Locks are held for milliseconds.
 */
export function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  return withLock(file, async () => {
    const mark = `${process.pid} ${randomBytes(8).toString('hex')}`
    await take(file, mark)
    try {
      return await work()
    } finally {
      if (readMark(file) === mark) rmSync(file, { force: true })
      await giveWay(file)
    }
  })
}

async function take(file: string, mark: string): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return writeFileSync(file, mark, { flag: 'wx' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(file, error)
    }
    takeOverStale(file)
    writeFileSync(wantedBy(file), String(process.pid))
    if (performance.now() > deadline) {
      throw new HubError('unavailable', `another process holds ${file}`, {
        hint: 'Send the same call again in a moment.',
      })
    }
    await pause(pollMs * (0.5 + Math.random()))
  }
}

/** Without this, a busy process would take the lock again before one that waits could look. */
async function giveWay(file: string): Promise<void> {
  const asker = readMark(wantedBy(file))
  if (asker === undefined || asker === String(process.pid)) return
  rmSync(wantedBy(file), { force: true })
  await pause(yieldMs)
}

const wantedBy = (file: string) => `${file}.wanted`
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Removes the lock of a dead process. It is moved away first, so that only one remover succeeds. */
function takeOverStale(file: string): void {
  const held = readMark(file)
  if (held === undefined || isHeld(held, file)) return
  const aside = `${file}.${randomBytes(6).toString('hex')}`
  try {
    renameSync(file, aside)
    // Somebody took it between the look and the move: give it back.
    if (readMark(aside) !== held) return renameSync(aside, file)
    rmSync(aside, { force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function isHeld(mark: string, file: string): boolean {
  const pid = Number(mark.split(' ')[0])
  const found = statSync(file, { throwIfNoEntry: false })
  const ageMs = found === undefined ? 0 : Date.now() - found.mtimeMs
  const isOld = ageMs > staleMs
  if (!Number.isInteger(pid) || pid <= 0) return ageMs < unmarkedMs // Just made, its mark not yet written.
  try {
    process.kill(pid, 0)
    return !isOld
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' && !isOld
  }
}

function readMark(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const unusable = (file: string, cause: unknown) =>
  new HubError('unavailable', `the lock ${file} cannot be made: ${String(cause)}`, { cause })
