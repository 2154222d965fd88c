import type { z } from 'zod'
import type { ErrorBody } from '../../schemas/errors.ts'
import type { ChatRequest, Stopped } from '../../schemas/chat.ts'
import { ToolError } from '../mcp.ts'

/** What a request to the chat says; what it leaves out the hub fills in. */
export type Say = z.input<typeof ChatRequest>

/** Sends a message, or asks for an answer anew; the answer is a stream. */
export const postChat = (say: Say, signal: AbortSignal): Promise<Response> =>
  send('/chat', { method: 'POST', body: JSON.stringify(say), signal })

/** Goes on with the answer that is under way; 204 where none is. */
export const resumeChat = (
  conversation: string,
  after: number,
  signal: AbortSignal,
): Promise<Response> =>
  send(`/chat/${encodeURIComponent(conversation)}/stream?after=${after}`, { signal })

export async function stopChat(conversation: string): Promise<Stopped> {
  const response = await send(`/chat/${encodeURIComponent(conversation)}/stop`, { method: 'POST' })
  return (await response.json()) as Stopped // The hub's own form.
}

/** Made up once for a message, so that sending it again is not saying it twice. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Whether nothing answered at all, so that the same may be tried again. */
export class Unreachable extends Error {}

async function send(path: string, init: RequestInit): Promise<Response> {
  const headers = { accept: 'text/event-stream, application/json' }
  const body = init.body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(path, { ...init, headers: { ...headers, ...body } }).catch(
    (cause: unknown) => {
      throw new Unreachable('the hub does not answer', { cause })
    },
  )
  if (response.ok) return response
  throw new ToolError(await errorOf(response))
}

async function errorOf(response: Response): Promise<ErrorBody> {
  const read: unknown = await response.json().catch(() => undefined)
  const body = (
    typeof read === 'object' && read !== null && 'error' in read ? read.error : read
  ) as Partial<ErrorBody> | undefined // The hub's own form, or something that stands before it.
  const { code = 'unavailable', message = `the hub answered ${response.status}`, hint } = body ?? {}
  return { code, message, ...(hint === undefined ? {} : { hint }) }
}
