import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export type Eras = 'both' | 'legacy' | 'modern'

const script = join(import.meta.dirname, '..', 'fixtures', 'everything', 'serve.ts')

/** The upstream that does everything, as an entry of `mcpServers`. */
export const everythingStdio = (eras: Eras) => ({
  command: process.execPath,
  args: [script, 'stdio'],
  env: { FIXTURE_ERAS: eras },
})

/** The same as a process that listens; `stop` ends it. */
export async function startEverything(
  kind: 'http' | 'sse',
  eras: Eras,
  port = 0,
): Promise<{ url: string; port: number; child: ChildProcess; stop(): void }> {
  const child = spawn(process.execPath, [script, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FIXTURE_ERAS: eras, FIXTURE_PORT: String(port) },
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const listening = /^listening (\d+)$/.exec(line)?.[1]
    const path = kind === 'sse' ? 'sse' : 'mcp'
    if (listening)
      return {
        url: `http://127.0.0.1:${listening}/${path}`,
        port: Number(listening),
        child,
        stop: () => void child.kill(),
      }
  }
  throw new Error('the fixture did not start')
}
