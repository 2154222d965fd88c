import { hostname } from 'node:os'
import { z } from 'zod'
import { Isolation } from '../../../schemas/task.ts'
import type { AcceptedPod, PodChange, PodSpec } from '../../kit/cluster-driver.ts'

/** How a pod's process is found again: start time tells a reused process id from ours. */
const Handle = z.object({
  pid: z.int(),
  started: z.string(),
  isolation: Isolation.exclude(['container']),
})
type Handle = z.infer<typeof Handle>

type Exit = { exitCode: number | null; reason: string }

/** A pod whose process runs, as the driver keeps it. */
export type LivePod = {
  spec: PodSpec
  handle: Handle
  /** Ends it at its time limit. */
  deadline: NodeJS.Timeout
  /** Why it was ended by us, once it was. */
  reason: string
  exited: Promise<Exit>
  exit(exit: Exit): void
}

export const parseHandle = (text: string): Handle => Handle.parse(JSON.parse(text))

export function livePod(spec: PodSpec, handle: Handle, deadline: NodeJS.Timeout): LivePod {
  const { promise, resolve } = Promise.withResolvers<Exit>()
  return { spec, handle, deadline, reason: '', exited: promise, exit: resolve }
}

export const acceptedPod = (live: LivePod): AcceptedPod => ({
  handle: JSON.stringify(live.handle),
  state: 'running',
  node: hostname(),
  changes: changesOf(live),
})

async function* changesOf({ exited }: LivePod): AsyncGenerator<PodChange> {
  yield { state: 'exited', ...(await exited) }
}
