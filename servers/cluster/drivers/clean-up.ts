import { readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { carrying, familyOf, signalProcess, snapshot } from './processes.ts'

/** Environment variable that every process of a pod carries, with the pod's id. */
export const marker = 'SWITCHYARD_POD'

/**
 * Asks the program of a pod to end. Bubblewrap around it is left out: it would end at once and take
 * the program with it, before that had handed anything back.
 */
export async function askToEnd(pid: number): Promise<void> {
  const family = familyOf(pid, await snapshot())
  const wrappers = new Set(
    family.filter(({ name }) => name === 'bwrap').map((process) => process.pid),
  )
  const tops = family.filter(
    (process) =>
      !wrappers.has(process.pid) && (process.pid === pid || wrappers.has(process.parent)),
  )
  for (const top of tops) signalProcess(top.pid, 'SIGTERM')
}

/** Kills a pod's processes: those below it, and those that only its mark still tells. */
export async function killAll(podId: string, pid: number): Promise<void> {
  const family = familyOf(pid, await snapshot()).map((process) => process.pid)
  const marked = carrying(marker)
    .filter(({ value }) => value === podId)
    .map((entry) => entry.pid)
  for (const member of new Set([...family, ...marked])) signalProcess(member, 'SIGKILL')
}

const keptMs = 7 * 24 * 3_600_000

/** Of a pod that ended only its output is kept, for a week. True when the folder is gone. */
export async function tidy(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []) // Deleted by hand meanwhile: just as tidy.
  const output = await stat(join(folder, 'output.log')).catch(() => undefined) // Never written, or deleted.
  const old = output === undefined || output.mtimeMs < Date.now() - keptMs
  const rest = old ? [''] : names.filter((name) => name !== 'output.log')
  await Promise.all(
    rest.map((name) => rm(resolve(folder, name), { recursive: true, force: true, maxRetries: 3 })),
  )
  return old
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
