import type { ChatChunk } from '../../schemas/chat-stream.ts'
import { ToolError } from '../mcp.ts'
import { readFrames } from './frames.ts'
import { Unreachable, resumeChat } from './requests.ts'

export type Following = {
  /** The first stream: that of the request, or the one that an answer under way has. */
  open: () => Promise<Response>
  /** How much of the answer is here already. */
  after?: number
  /** The conversation, once the stream has said it. */
  conversation: () => string | undefined
  take(chunk: ChatChunk, id: number | undefined): void
  /** Whether the answer goes on without this page, and how long until it is asked for again. */
  lost(isLost: boolean): void
  signal: AbortSignal
}

const firstPauseMs = 500
const longestPauseMs = 10_000
/** A request that reached nothing is sent again this often; the text then goes back to who wrote it. */
const sendAttempts = 4

/**
 * Reads an answer to its end. Where the connection breaks, it goes on after the last frame it had; the
 * answer itself runs in the hub and does not notice. Answers that follow by themselves are read as well.
 */
export async function follow(following: Following): Promise<void> {
  const { open, conversation, take, lost, signal } = following
  let after = following.after ?? 0
  let next: string | undefined
  let failures = 0
  let ask = open
  const resume = () => resumeChat(conversation() ?? '', after, signal)
  for (;;) {
    try {
      const response = await ask()
      lost(false)
      if (response.status === 204 || !response.body) return
      if (await read(response.body)) {
        if (next === undefined) return
        ;[after, next] = [0, undefined]
      }
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ToolError && error.body.code !== 'unavailable') throw error
      failures++
      if (conversation() === undefined && failures >= sendAttempts) throw asToolError(error)
      lost(true)
    }
    if (signal.aborted) return
    if (failures > 0) await pause(Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)))
    // Before the hub named the conversation, only the request itself can be sent again, by its key.
    ask = conversation() === undefined ? open : resume
  }

  async function read(body: ReadableStream<Uint8Array>): Promise<boolean> {
    const frames = readFrames(body)
    for (;;) {
      const { done, value } = await frames.next()
      if (done) return value
      if (value.id !== undefined) after = value.id
      if (value.chunk.type === 'finish') next = value.chunk.messageMetadata.next
      take(value.chunk, value.id)
    }
  }
}

/** Ends early when the browser says that there is a network again. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      removeEventListener('online', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    addEventListener('online', end)
  })
}

const asToolError = (error: unknown): ToolError =>
  error instanceof ToolError
    ? error
    : new ToolError({
        code: 'unavailable',
        message:
          error instanceof Unreachable ? error.message : `the answer broke off: ${String(error)}`,
        hint: 'What you wrote is still in the field; send it again when the hub is back.',
      })
