import { parentPort } from 'node:worker_threads'
import type { Raw } from './preparation.ts'
import { prepareAll } from './preparation.ts'

// Cuts and counts documents while the thread that started it stores those before.
const port = parentPort
port?.on('message', ({ id, raws }: { id: number; raws: Raw[] }) => {
  prepareAll(raws).then(
    (prepared) => port.postMessage({ id, prepared }),
    (error: unknown) =>
      port.postMessage({
        id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  )
})
