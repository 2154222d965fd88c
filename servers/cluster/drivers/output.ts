import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { open } from 'node:fs/promises'
import { PassThrough, Transform } from 'node:stream'
import { HubError } from '../../../schemas/errors.ts'
import type { ExecEvent, LogOptions } from '../../kit/cluster-driver.ts'
import { pause, systemClock } from '../../kit/clock.ts'
import type { Launch } from './launch.ts'
import { signalProcess } from './processes.ts'

const chunkBytes = 64 * 1024
const followMs = 200

/** Resolves once the program runs. */
export function spawned(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) =>
      reject(new HubError('unavailable', `cannot start ${program}: ${cause.message}`, { cause })),
    )
  })
}

/** Runs a program beside a pod's own; whoever stops reading or aborts ends its whole group. */
export async function* execute(launch: Launch, signal: AbortSignal): AsyncGenerator<ExecEvent> {
  const { home, env, program, args } = launch
  signal.throwIfAborted()
  const child = spawn(program, args, {
    cwd: home,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const end = () => void (child.pid !== undefined && signalProcess(-child.pid, 'SIGKILL'))
  try {
    await spawned(child, program)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    // One queue for both, so that order is kept and a slow reader slows the program down.
    const merged = new PassThrough({ objectMode: true })
    for (const stream of ['out', 'err'] as const)
      child[stream === 'out' ? 'stdout' : 'stderr']
        .pipe(labelled(stream))
        .pipe(merged, { end: false })
    void closed.then(() => merged.end())
    for await (const event of merged) yield event as ExecEvent // Made by `labelled`.
    signal.throwIfAborted()
    yield { kind: 'exit', exitCode: await closed }
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

const labelled = (stream: 'out' | 'err') =>
  new Transform({
    readableObjectMode: true,
    transform: (data: Uint8Array, _encoding, done) => done(null, { kind: 'output', stream, data }),
  })

/** The end of a file that grows, and with `follow` what is added to it while `isLive` holds. */
export async function* readLog(
  path: string,
  { tailBytes, follow, signal }: LogOptions,
  isLive: () => boolean,
): AsyncGenerator<Uint8Array> {
  await using file = await open(path).catch(() => undefined) // Never started: there is nothing to read.
  if (!file) return
  let at = Math.max(0, (await file.stat()).size - tailBytes)
  for (;;) {
    signal.throwIfAborted()
    const wasLive = isLive()
    const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, at)
    at += bytesRead
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead)
    else if (!follow || !wasLive) return
    else await pause(systemClock, followMs, signal)
  }
}
