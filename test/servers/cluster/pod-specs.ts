import type { AcceptedPod, ClusterDriver, PodSpec } from '../../../servers/kit/cluster-driver.ts'

let count = 0

export const specOf = (script: string, change: Partial<PodSpec> = {}): PodSpec => ({
  id: `pod-contract-${process.pid}-${count++}`,
  org: 'default',
  program: { kind: 'command', command: ['/bin/sh', '-c', script] },
  env: {},
  workspace: { key: `work-${count}`, mounts: [] },
  resources: { cpus: 0.1, memoryMb: 64 },
  tags: [],
  timeoutMs: 60_000,
  ...change,
})

/** How a pod ended. */
export async function exitOf({ changes }: AcceptedPod) {
  const seen = []
  for await (const change of changes) seen.push(change)
  const last = seen.at(-1)
  if (last?.state !== 'exited') throw new Error('the changes ended before the pod had')
  return { exitCode: last.exitCode, reason: last.reason, limit: last.limit }
}

export async function logOf(driver: ClusterDriver, pod: string, follow = false): Promise<string> {
  const signal = AbortSignal.timeout(20_000)
  const bytes: Uint8Array[] = []
  for await (const chunk of driver.logs(pod, { tailBytes: 1e6, follow, signal })) bytes.push(chunk)
  return Buffer.concat(bytes).toString('utf8')
}
