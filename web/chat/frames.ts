import type { ChatChunk } from '../../schemas/chat-stream.ts'

/** A part of an answer, and the number to resume after. */
export type Frame = { id: number | undefined; chunk: ChatChunk }

/** No frame of the hub is this long; a reader that is sent more must not fill its memory. */
const frameChars = 4_000_000

/**
 * Reads a stream of Server-Sent Events as the hub writes them, however it was cut into pieces. It
 * returns true at `[DONE]`, and false where the stream ended before.
 */
export async function* readFrames(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<Frame, boolean> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      rest += decoder.decode(value, { stream: !done }).replaceAll('\r', '')
      const blocks = rest.split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const { id, data } = fieldsOf(block)
        if (data === '[DONE]') return true
        // Of a kind that the hub alone writes; kinds that this page does not know are passed over.
        if (data !== '') yield { id, chunk: JSON.parse(data) as ChatChunk }
      }
      if (done) return false
      if (rest.length > frameChars) throw new Error('the answer’s stream holds no frames')
    }
  } finally {
    await reader.cancel().catch(() => undefined) // It had ended by itself.
  }
}

function fieldsOf(block: string): { id: number | undefined; data: string } {
  let id: number | undefined
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
    else if (line.startsWith('id:')) id = Number(line.slice(3))
  }
  return { id: Number.isFinite(id) ? id : undefined, data: data.join('\n') }
}
