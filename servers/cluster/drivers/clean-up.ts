import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { LocalIsolation } from './isolation/isolation.ts'
import { wrappersOf } from './isolation/isolation.ts'
import { carrying, familyOf, signalProcess, snapshot } from './processes.ts'

/** Environment variable that every process of a pod carries, with the pod's id. */
export const marker = 'SWITCHYARD_POD'

/**
 * Asks the program of a pod to end. What isolates it is left out: that would end at once and take
 * the program with it, before that had handed anything back.
 */
export async function askToEnd(pid: number, isolation: LocalIsolation): Promise<void> {
  const all = await snapshot()
  let tops = [pid]
  for (let depth = 0; depth < wrappersOf[isolation]; depth++)
    tops = [...all.values()].filter(({ parent }) => tops.includes(parent)).map((child) => child.pid)
  for (const top of tops) signalProcess(top, 'SIGTERM')
}

/** Sends a signal to a process and everything below it. */
export async function signalFamily(pid: number, signal: NodeJS.Signals): Promise<void> {
  for (const member of familyOf(pid, await snapshot())) signalProcess(member.pid, signal)
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

/** Ends the processes and removes the folders of pods below `folder` that are not live. */
export async function sweepPods(
  folder: string,
  livePodIds: Set<string>,
): Promise<{ killed: number; removed: number }> {
  await mkdir(folder, { recursive: true })
  // Folders tell our pods from those of another hub on the same machine.
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'))
  const ended = names.filter((name) => !livePodIds.has(name))
  const ours = carrying(marker).filter(
    ({ pid, value }) => ended.includes(value) && pid !== process.pid,
  )
  for (const { pid } of ours) signalProcess(pid, 'SIGKILL')
  const removed = await Promise.all(ended.map((name) => tidy(join(folder, name))))
  return { killed: ours.length, removed: removed.filter(Boolean).length }
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
