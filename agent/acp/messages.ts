import type { Writable } from 'node:stream'
import { Readable } from 'node:stream'
import type { AnyMessage, Stream } from '@agentclientprotocol/sdk'
import { HubError } from '../../schemas/errors.ts'

const maxLineBytes = 16 * 1024 * 1024

/**
 * The messages of an agent, a JSON line each. `session/update` is handed to `onUpdate` here, one after
 * another and before what follows it, so that the log has the agent's order and a slow log slows the
 * agent down. A line that is no message is handed to `onNoise`: programs print to the wrong stream.
 */
export function messageStream(
  program: { input: Writable; output: Readable },
  hear: {
    onUpdate(params: unknown): Promise<void>
    onNoise(line: string): Promise<void>
  },
): Stream {
  async function* messages(): AsyncGenerator<AnyMessage> {
    for await (const line of lines(program.output)) {
      const message = parse(line)
      if (message === undefined) await hear.onNoise(line)
      else if ('method' in message && message.method === 'session/update')
        await hear.onUpdate(message.params)
      else yield message
    }
  }
  const writable = new WritableStream<AnyMessage>({
    write: (message) =>
      new Promise((resolve, reject) => {
        const text = `${JSON.stringify(message)}\n`
        program.input.write(text, (error) => (error ? reject(error) : resolve()))
      }),
  })
  return { readable: Readable.toWeb(Readable.from(messages())) as Stream['readable'], writable } // Node's and the web's are one.
}

async function* lines(output: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let chunks: Buffer[] = []
  let size = 0
  for await (const chunk of output) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      chunks.push(chunk.subarray(start, end))
      const line = Buffer.concat(chunks).toString('utf8').trim()
      chunks = []
      size = 0
      start = end + 1
      if (line !== '') yield line
    }
    chunks.push(chunk.subarray(start))
    size += chunk.length - start
    if (size > maxLineBytes)
      throw new HubError('exhausted', `the agent sent a message of more than ${maxLineBytes} bytes`)
  }
}

function parse(line: string): AnyMessage | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value = JSON.parse(line) as object
    return 'jsonrpc' in value ? (value as AnyMessage) : undefined // The library checks the rest.
  } catch {
    return undefined // Noise that happens to begin like a message.
  }
}
