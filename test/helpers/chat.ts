import type { ChatMessage, ConversationRead, Stopped } from '../../schemas/chat.ts'
import type { ChatPart, ToolPart } from '../../schemas/chat-part.ts'
import type { AnswerMetadata, ChatChunk } from '../../schemas/chat-stream.ts'

export type Frame = { id: number; chunk: ChatChunk }
type Target = { url: string; token: string }

/** A device on which somebody chats. */
export class ChatDevice {
  readonly #target: Target

  constructor({ url, token }: Target) {
    this.#target = { url, token }
  }

  request(
    path: string,
    init: {
      method?: string
      body?: string
      headers?: Record<string, string>
      signal?: AbortSignal
    } = {},
  ): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#target.token}`, ...init.headers }
    return fetch(`${this.#target.url}${path}`, { ...init, headers })
  }

  post(body: unknown, signal?: AbortSignal): Promise<Response> {
    const text = JSON.stringify(body)
    return this.request('/chat', { method: 'POST', body: text, ...(signal ? { signal } : {}) })
  }

  /** Sends a request and begins to read its answer. */
  async begin(body: object, signal?: AbortSignal): Promise<Reading> {
    const response = await this.post(body, signal)
    if (response.status !== 200) throw new Error(await response.text())
    return new Reading(response)
  }

  /** Says something and reads the answer to its end. */
  async say(text: string, more: Record<string, unknown> = {}): Promise<Reading> {
    const reading = await this.begin({ message: { text }, ...more })
    await reading.end()
    return reading
  }

  async resume(conversation: string, after = 0): Promise<Reading | undefined> {
    const response = await this.request(`/chat/${conversation}/stream?after=${after}`)
    return response.status === 204 ? undefined : new Reading(response)
  }

  async stop(conversation: string): Promise<Stopped> {
    const response = await this.request(`/chat/${conversation}/stop`, { method: 'POST' })
    return (await response.json()) as Stopped // As the endpoint documents.
  }
}

/** A stream that is being read. */
export class Reading {
  readonly response: Response
  readonly frames: Frame[] = []
  isDone = false
  readonly #frames: AsyncGenerator<Frame>

  constructor(response: Response) {
    this.response = response
    this.#frames = framesOf(response)
  }

  /** Reads until a chunk of this type has come. */
  async until(type: ChatChunk['type']): Promise<ChatChunk> {
    for (;;) {
      const { done, value } = await this.#frames.next()
      if (done) throw new Error(`the stream ended before ${type}: ${JSON.stringify(this.chunks)}`)
      this.frames.push(value)
      if (value.chunk.type === type) return value.chunk
    }
  }

  async end(): Promise<this> {
    for await (const frame of this.#frames) this.frames.push(frame)
    this.isDone = true
    return this
  }

  get chunks(): ChatChunk[] {
    return this.frames.map(({ chunk }) => chunk)
  }

  get types(): string[] {
    return this.chunks.map(({ type }) => type)
  }

  get text(): string {
    return this.chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.delta : '')).join('')
  }

  /** All that the stream said of the answer as a whole. */
  get metadata(): AnswerMetadata {
    const said = this.chunks.map((chunk) =>
      'messageMetadata' in chunk ? chunk.messageMetadata : {},
    )
    return Object.assign({}, ...said) as AnswerMetadata // The first chunk has the required fields.
  }

  get answer(): string {
    const [first] = this.chunks
    return first?.type === 'start' ? first.messageId : ''
  }
}

async function* framesOf(response: Response): AsyncGenerator<Frame> {
  let buffer = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body ?? []) {
    buffer += decoder.decode(bytes, { stream: true })
    for (let at = buffer.indexOf('\n\n'); at >= 0; at = buffer.indexOf('\n\n')) {
      const frame = buffer.slice(0, at)
      buffer = buffer.slice(at + 2)
      const data = /^data: (.*)$/m.exec(frame)?.[1]
      if (data === undefined || data === '[DONE]') continue
      yield {
        id: Number(/^id: (\d+)$/m.exec(frame)?.[1] ?? -1),
        chunk: JSON.parse(data) as ChatChunk,
      }
    }
  }
}

export const toolsIn = (parts: readonly ChatPart[]): ToolPart[] =>
  parts.filter((part): part is ToolPart => part.type === 'dynamic-tool')

export const textIn = (message: ChatMessage | undefined): string =>
  (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')

/** The last message of what chat_read returned. */
export const lastOf = ({ messages }: ConversationRead): ChatMessage => {
  const last = messages.at(-1)
  if (!last) throw new Error('there is no message')
  return last
}
