import type { View } from '../rpc/caller.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Settings } from '../../schemas/config.ts'
import { owner } from '../auth/owner.ts'
import { DataDirLocked, readEndpoint } from '../data-dir.ts'
import { makeLogger } from '../log.ts'
import type { Running } from './attach.ts'
import { setEngineFlags } from './engine-flags.ts'
import { parseSettings } from './settings.ts'

/**
 * `switchyard stdio [--only SERVER] [--view lean]`: MCP on standard input and output. If a hub already runs on the
 * data directory this attaches to it, because a store has one writer; else it starts one.
 */
export async function stdio(args: string[]): Promise<number> {
  const { settings, values } = parseSettings('stdio', args)
  const view: View = {
    server: typeof values.only === 'string' ? values.only : undefined,
    lean: values.view === 'lean',
  }
  if (await runningHub(settings)) await useRunning(settings, view)
  else
    await serveOwn(settings, view).catch((error: unknown) => {
      if (!(error instanceof DataDirLocked)) throw error
      // It is only slow to answer, or another client's hub starts at this moment.
      return useRunning(settings, view)
    })
  process.exit(0) // The input has ended, so nobody is left to serve.
}

async function useRunning(settings: Settings, { server, lean }: View): Promise<void> {
  const { attach } = await import('./attach.ts')
  const path = `/mcp${server ? `/${server}` : ''}${lean ? '?view=lean' : ''}`
  await attach(() => runningHub(settings), path, process.stdin, process.stdout)
}

async function runningHub(settings: Settings): Promise<Running | undefined> {
  const dataDir = resolve(settings.data)
  const [url, tokenFile] = [readEndpoint(dataDir), join(dataDir, 'token')]
  if (!url || !existsSync(tokenFile)) return undefined
  const alive = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false, // Nobody listens: the hub that wrote the address is gone.
  )
  return alive ? { url, token: readFileSync(tokenFile, 'utf8').trim() } : undefined
}

async function serveOwn(settings: Settings, view: View): Promise<void> {
  const [{ Hub }, { serveStdio }] = await Promise.all([
    import('../hub.ts'),
    import('../mcp/stdio.ts'),
  ])
  const hub = new Hub(settings, makeLogger(settings.logLevel))
  const stopped = new Promise<void>((resolve) => process.on('SIGTERM', () => resolve()))
  try {
    await hub.start() // Agents call back over HTTP.
    setEngineFlags()
    await Promise.race([
      serveStdio(hub, {
        principal: () => Promise.resolve(owner),
        view,
        input: process.stdin,
        output: process.stdout,
      }),
      stopped,
    ])
  } finally {
    await hub.stop()
  }
}
