import type { ChildProcess } from 'node:child_process'

type Line = { at: string; data: Buffer }

/** A container, which is a process of this machine, with what it wrote. */
export type Running = {
  child: ChildProcess
  home: string
  env: Record<string, string>
  output: Line[]
  reason: string
  hasEnded: boolean
  wake: Set<() => void>
}

/** Tells all that a container started, if it has not ended. */
export function signalGroup({ child, hasEnded }: Running, signal: NodeJS.Signals): void {
  if (hasEnded || child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // Its last process has ended meanwhile.
  }
}
