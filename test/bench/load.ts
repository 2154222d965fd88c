import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'

export type Target = {
  name: string
  url: string
  pid: number
  headers: Record<string, string>
  body: string
}
export type Measured = { cpuUs: number; p50Ms: number; p99Ms: number; perSecond: number }

/** Ticks of CPU time a second, in which /proc counts. */
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** CPU seconds a process has used, over all its threads. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

export function rssMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

/** Sends the same call over and over on kept connections and measures the server's CPU per call. */
export async function drive(
  target: Target,
  concurrency: number,
  durationMs: number,
): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  const times: number[] = []
  const until = performance.now() + durationMs
  const cpuBefore = cpuSeconds(target.pid)
  const startedAt = performance.now()
  const lane = async () => {
    while (performance.now() < until) {
      const sentAt = performance.now()
      await post(target, agent)
      times.push(performance.now() - sentAt)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = cpuSeconds(target.pid) - cpuBefore
  agent.destroy()
  times.sort((a, b) => a - b)
  return {
    cpuUs: (cpu / times.length) * 1e6,
    p50Ms: times[Math.floor(times.length * 0.5)] ?? NaN,
    p99Ms: times[Math.floor(times.length * 0.99)] ?? NaN,
    perSecond: times.length / seconds,
  }
}

export function post({ url, headers, body }: Target, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        ...(agent ? { agent } : {}),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode === 200) resolve(text)
          else reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 300)}`))
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

export const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
