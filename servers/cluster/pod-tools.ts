import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Pod } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import { endPod, findPod, livePods, toPod } from './pod-rows.ts'
import { podSpec, recordExit } from './pod-start.ts'
import { podLogText } from './texts.ts'

const pod = z.string().max(60).describe('Pod id')

export const podRead = defineTool({
  name: 'pod_read',
  title: 'Read a pod',
  description:
    'Shows one pod: state, process, isolation it really has, and why it ended. Use pod_log for its raw output.',
  effect: 'read',
  scope: 'cluster:read',
  input: { pod },
  output: Pod,
  run: async ({ pod: id }, ctx) => toPod(findPod(ctx, ctx.store, id)),
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
  output: z.object({ data: z.string(), sizeBytes: z.int() }),
  text: podLogText,
  run: async ({ pod: id, max_bytes: maxBytes }, ctx) => {
    findPod(ctx, ctx.store, id)
    const file = await open(join(ctx.cluster.folder(id), 'output.log')).catch(() => undefined) // Never started.
    if (!file) return { data: '', sizeBytes: 0 }
    try {
      const { size } = await file.stat()
      const length = Math.min(size, maxBytes)
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
      return { data: buffer.toString('utf8'), sizeBytes: size }
    } finally {
      await file.close()
    }
  },
})

export const podSuspend = signalTool(
  'pod_suspend',
  'Suspend a pod',
  'SIGSTOP',
  'Freezes a running pod where it is; its lease runs out unless pod_resume follows soon.',
)
export const podResume = signalTool(
  'pod_resume',
  'Resume a pod',
  'SIGCONT',
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
    // On record before it runs: what it does cannot be undone.
    await ctx.write((tx) => tx.about(findPod(ctx, tx, id).id))
    const { stdout, stderr, ...ended } = await ctx.cluster.exec(id, command, timeoutMs)
    return { ...ended, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8') }
  },
})

export const podReconcile = defineTool({
  name: 'pod_reconcile',
  title: 'Reconcile pods',
  description:
    'Compares recorded pods with the processes of this machine after a restart: adopts those that live, records those that ended, and kills what belongs to no pod. Called once at start.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {},
  output: z.object({ adopted: z.int(), ended: z.int(), killed: z.int() }),
  run: async (_input, ctx) => {
    const counts = { adopted: 0, ended: 0, killed: 0 }
    const alive = new Set<string>()
    for (const row of livePods(ctx.store)) {
      const started =
        row.pid === null ? undefined : { pid: row.pid, pidStarted: row.pid_started ?? '' }
      const onExit = (exit: { exitCode: number | null; reason: string }) =>
        recordExit(ctx, row.id, exit)
      if (started && (await ctx.cluster.adopt(podSpec(ctx, row), started, onExit))) {
        alive.add(row.id)
        counts.adopted++
        continue
      }
      const reason = started
        ? 'ended while the hub was down'
        : 'the hub stopped before it was started'
      await ctx.write((tx) => endPod(tx, row.id, { exitCode: null, reason }))
      counts.ended++
    }
    const { killed } = await ctx.cluster.sweep(alive)
    return { ...counts, killed }
  },
})

function signalTool(
  name: string,
  title: string,
  signal: 'SIGSTOP' | 'SIGCONT',
  description: string,
) {
  return defineTool({
    name,
    title,
    description,
    effect: 'update',
    scope: 'cluster:write',
    idempotent: true,
    input: { pod },
    output: Pod,
    run: ({ pod: id }, ctx) =>
      ctx.write((tx) => {
        const row = findPod(ctx, tx, id)
        if (row.ended_at !== null || row.pid === null)
          throw new HubError('conflict', `pod ${id} does not run`)
        process.kill(-row.pid, signal)
        tx.about(id)
        return toPod(row)
      }),
  })
}
