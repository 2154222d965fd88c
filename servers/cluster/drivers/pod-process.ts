import { hostname } from 'node:os'
import { z } from 'zod'
import { Isolation } from '../../../schemas/task.ts'
import type { AcceptedPod, PodChange, PodExit, PodSpec } from '../../kit/cluster-driver.ts'

/** How a pod's process is found again: start time tells a reused process id from ours. */
const Handle = z.object({
  pid: z.int(),
  started: z.string(),
  isolation: Isolation.exclude(['container']),
})
type Handle = z.infer<typeof Handle>

/** Why a pod was ended by us or the kernel: `limit` where it ran into one of its own. */
export type Cause = Pick<PodExit, 'reason' | 'limit'>

export const outOfTime: Cause = { reason: 'time limit', limit: 'time' }

/** A pod whose process runs, as the driver keeps it. */
export type LivePod = {
  spec: PodSpec
  handle: Handle
  /** Ends it at its time limit. */
  deadline: NodeJS.Timeout
  /** Why it was ended, once it was: the first cause counts. */
  cause: Cause | undefined
  exited: Promise<PodExit>
  exit(exit: PodExit): void
  /** Tells of a host that it may not connect to. */
  refuse(host: string): void
  /** Hosts not told yet, and what wakes who tells them. */
  refused: { hosts: string[]; wake: PromiseWithResolvers<undefined> }
}

export const parseHandle = (text: string): Handle => Handle.parse(JSON.parse(text))

export function livePod(spec: PodSpec, handle: Handle, deadline: NodeJS.Timeout): LivePod {
  const { promise, resolve } = Promise.withResolvers<PodExit>()
  const refused = { hosts: [] as string[], wake: Promise.withResolvers<undefined>() }
  const refuse = (host: string) => {
    refused.hosts.push(host)
    refused.wake.resolve(undefined)
  }
  return {
    spec,
    handle,
    deadline,
    cause: undefined,
    exited: promise,
    exit: resolve,
    refuse,
    refused,
  }
}

export const acceptedPod = (live: LivePod): AcceptedPod => ({
  handle: JSON.stringify(live.handle),
  state: 'running',
  node: hostname(),
  changes: changesOf(live),
})

async function* changesOf({ exited, refused }: LivePod): AsyncGenerator<PodChange> {
  for (;;) {
    const exit = await Promise.race([exited, refused.wake.promise])
    refused.wake = Promise.withResolvers()
    for (const host of refused.hosts.splice(0)) yield { state: 'refused', host }
    if (exit) return yield { state: 'exited', ...exit }
  }
}
