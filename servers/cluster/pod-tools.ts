import { z } from 'zod'
import { Pod } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { startSubject } from '../kit/clusters.ts'
import { defineTool } from '../kit/tool.ts'
import { listExposures, toExposure } from './store/exposures.ts'
import { markTouched } from './store/pod-moves.ts'
import { findPod, toPod } from './store/pods.ts'
import { podLogText } from './texts.ts'

const pod = z.string().max(60).describe('Pod id')

export const podRead = defineTool({
  name: 'pod_read',
  title: 'Read a pod',
  description:
    'Shows one pod: state, process, isolation it really has, why it ended, and which ports are exposed. Use pod_log for its raw output.',
  effect: 'read',
  scope: 'cluster:read',
  input: { pod },
  output: Pod,
  run: async ({ pod: id }, ctx) => {
    const row = await findPod(ctx, id)
    const exposed = (await listExposures(ctx.reader, ctx.now(), id)).map(toExposure)
    return { ...toPod(row), ...(exposed.length > 0 ? { exposed } : {}) }
  },
})

export const podLog = defineTool({
  name: 'pod_log',
  title: 'Read pod output',
  description:
    "Shows the end of what a pod's process wrote by itself, mostly start-up trouble. Use task_log for the work of a task.",
  effect: 'read',
  scope: 'cluster:read',
  input: {
    pod,
    max_bytes: z.int().min(1).max(262_144).default(6144).describe('Most bytes to return'),
  },
  output: z.object({
    data: z.string(),
    truncated: z.boolean().describe('Whether there is more before it'),
  }),
  text: podLogText,
  run: async ({ pod: id, max_bytes: maxBytes }, ctx) => {
    const { cluster } = await findPod(ctx, id)
    const tail = { tailBytes: maxBytes + 1, follow: false, signal: ctx.signal }
    const bytes: Uint8Array[] = []
    for await (const chunk of ctx.clusters.get(cluster).logs(id, tail)) bytes.push(chunk)
    const all = Buffer.concat(bytes)
    const truncated = all.length > maxBytes
    return { data: all.subarray(-maxBytes).toString('utf8'), truncated }
  },
})

export const podSuspend = freezeTool(
  'pod_suspend',
  'Suspend a pod',
  'Freezes a running pod where it is; its lease runs out unless pod_resume follows soon. In a Sandbox of agent-sandbox it ends instead, its kept work stays, and its task waits for pod_resume.',
)
export const podResume = freezeTool(
  'pod_resume',
  'Resume a pod',
  'Lets a suspended pod go on. It does nothing to a pod that runs.',
)

export const podExec = defineTool({
  name: 'pod_exec',
  title: 'Run a program in a pod',
  description:
    'Runs one more program in a live pod, in its folder, environment and isolation, and returns its output. Use it to look at what an agent is doing; use task_message to steer it.',
  effect: 'destroy',
  scope: 'cluster:write',
  input: {
    pod,
    command: z.array(z.string().max(8000)).min(1).max(200).describe('Program and its arguments'),
    timeout_ms: z.int().min(100).max(300_000).default(30_000).describe('Time limit'),
  },
  output: z.object({
    exitCode: z.int().nullable(),
    stdout: z.string(),
    stderr: z.string(),
    truncated: z.boolean(),
    timedOut: z.boolean(),
  }),
  run: async ({ pod: id, command, timeout_ms: timeoutMs }, ctx) => {
    const row = await findPod(ctx, id)
    const driver = ctx.clusters.get(row.cluster)
    ctx.ensure('pod.start', { ...(await startSubject(ctx, driver)), isolation: row.isolation })
    // On record before it runs: what it does cannot be undone.
    await markTouched(ctx, id)
    const expired = AbortSignal.timeout(timeoutMs)
    const output = { out: new Head(), err: new Head() }
    const ended = (exitCode: number | null, timedOut: boolean) => ({
      exitCode,
      stdout: output.out.text(),
      stderr: output.err.text(),
      truncated: output.out.isFull || output.err.isFull,
      timedOut,
    })
    try {
      for await (const event of driver.exec(id, command, AbortSignal.any([expired, ctx.signal]))) {
        if (event.kind === 'exit') return ended(event.exitCode, false)
        output[event.stream].add(event.data)
      }
    } catch (error) {
      if (!expired.aborted) throw error
    }
    return ended(null, expired.aborted)
  },
})

const maxOutputBytes = 128 * 1024

/** The beginning of an output; what is too much is dropped while the program goes on. */
class Head {
  readonly #kept: Uint8Array[] = []
  #room = maxOutputBytes
  isFull = false

  add(data: Uint8Array): void {
    if (data.length > this.#room) this.isFull = true
    if (this.#room > 0) this.#kept.push(data.subarray(0, this.#room))
    this.#room = Math.max(0, this.#room - data.length)
  }

  text(): string {
    return Buffer.concat(this.#kept).toString('utf8')
  }
}

function freezeTool(name: 'pod_suspend' | 'pod_resume', title: string, description: string) {
  return defineTool({
    name,
    title,
    description,
    effect: 'update',
    scope: 'cluster:write',
    idempotent: true,
    input: { pod },
    output: Pod,
    run: async ({ pod: id }, ctx) => {
      const row = await findPod(ctx, id)
      if (row.ended_at !== null || row.handle === null)
        throw new HubError('conflict', `pod ${id} does not run`)
      const driver = ctx.clusters.get(row.cluster)
      await markTouched(ctx, id)
      await (name === 'pod_suspend' ? driver.suspend(id) : driver.resume(id))
      return toPod(await findPod(ctx, id))
    },
  })
}
