import type { Eras } from '../helpers/everything.ts'
import { everythingStdio, startEverything } from '../helpers/everything.ts'
import type { ClientEra } from './session.ts'

type Kind = 'stdio' | 'http' | 'sse'
export type Column = { client: ClientEra; kind: Kind; eras: Eras }

const clients: ClientEra[] = ['legacy', 'modern']

/** Every pairing of client era and upstream era, over each transport that has it. */
export const columns: Column[] = clients.flatMap((client) => [
  { client, kind: 'stdio', eras: 'legacy' },
  { client, kind: 'stdio', eras: 'modern' },
  { client, kind: 'stdio', eras: 'both' },
  { client, kind: 'http', eras: 'legacy' },
  { client, kind: 'http', eras: 'modern' },
  { client, kind: 'http', eras: 'both' },
  { client, kind: 'sse', eras: 'legacy' },
])

export const nameOf = ({ client, kind, eras }: Column): string => `${client} → ${eras} ${kind}`

export type Upstream = {
  config: Record<string, unknown>
  restart(): Promise<void>
  stop(): void
}

/** The fixture as one column needs it, and how it is made to crash. */
export async function startUpstream(
  { kind, eras }: Column,
  crash: () => Promise<unknown>,
): Promise<Upstream> {
  if (kind === 'stdio') {
    // Ended from inside; the call that does it fails, and is none of those that are counted.
    const restart = async () => void (await crash().catch(() => undefined))
    return { config: everythingStdio(eras), restart, stop: () => undefined }
  }
  let server = await startEverything(kind, eras)
  const restart = async () => {
    const gone = new Promise((resolve) => server.child.once('close', resolve))
    server.child.kill('SIGKILL')
    await gone
    server = await startEverything(kind, eras, server.port)
  }
  return { config: { url: server.url }, restart, stop: () => server.stop() }
}
