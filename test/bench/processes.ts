import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A server of this folder as a process of its own, once it says where it listens. */
export async function startServer(
  file: string,
  ...args: string[]
): Promise<{ url: string; pid: number; stop(): void }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^listening (\d+)$/.exec(line)?.[1]
    if (port)
      return {
        url: `http://127.0.0.1:${port}/mcp`,
        pid: child.pid ?? 0,
        stop: () => void child.kill(),
      }
  }
  throw new Error(`${file} ${args.join(' ')} did not start`)
}
