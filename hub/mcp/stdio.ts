import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Principal } from '../../schemas/principal.ts'
import type { View } from '../discovery/catalog.ts'
import type { Hub } from '../hub.ts'
import type { RpcId } from './protocol.ts'
import { RpcError, asRequest, errorReply, parseJson } from './protocol.ts'
import { Router } from './router.ts'

const maxRunning = 256

/**
 * MCP over standard input and output: a JSON-RPC message a line, both eras on one pipe (clients ask
 * `server/discover` first and may go on with `initialize`). Resolves when the input ends and every
 * running call was answered.
 */
export async function serveStdio(
  hub: Hub,
  options: { principal: Principal; view: View; input: Readable; output: Writable },
): Promise<void> {
  const { principal, view, input, output } = options
  const router = new Router(hub)
  const running = new Map<RpcId, { abort: AbortController; done: Promise<void> }>()
  const write = (text: string) => output.write(`${text}\n`)

  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() === '') continue
    try {
      const message = asRequest(parseJson(line))
      const { id } = message
      if (id === undefined) {
        if (message.method === 'notifications/cancelled')
          running.get(message.params?.requestId as RpcId)?.abort.abort() // Unknown ids find nothing.
        continue
      }
      const abort = new AbortController()
      const done = router
        .answer({ ...message, id }, { principal, view, signal: () => abort.signal })
        .then(({ text }) => {
          running.delete(id)
          if (!abort.signal.aborted) write(text)
        })
      running.set(id, { abort, done })
      // A client that sends without reading would fill memory: the pipe waits instead.
      if (running.size >= maxRunning)
        await Promise.race([...running.values()].map((call) => call.done))
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      write(errorReply(null, error))
    }
  }
  await Promise.all([...running.values()].map((call) => call.done))
}
