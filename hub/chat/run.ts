import type { ChatMessage } from '../../schemas/chat.ts'
import type { ChatPart } from '../../schemas/chat-part.ts'
import type { AnswerMetadata, ChatChunk } from '../../schemas/chat-stream.ts'
import type { Clock } from '../../servers/kit/clock.ts'
import { assemble } from './assemble.ts'
import type { Frame } from './chunk-log.ts'
import { ChunkLog } from './chunk-log.ts'
import type { Asked } from './parts.ts'
import { replayed } from './replay.ts'

/** Tokens come faster than anybody reads; so many milliseconds of them go in one frame. */
const frameMs = 30
const saveMs = 500
/** A long answer is written less often: it is written whole. */
const charsPerSaveMs = 2000

type Saved = Pick<ChatMessage, 'parts' | 'model' | 'usage'> & {
  state: ChatMessage['state']
  seq: number
}

type RunOptions = {
  message: string
  metadata: AnswerMetadata
  asked: Asked
  clock: Clock
  /** What an earlier process left of it. */
  parts?: ChatPart[]
  seq?: number
  /** Keeps what there is; false where the message is gone. */
  save(answer: Saved): Promise<boolean>
}

/**
 * One answer under way. It belongs to the hub and not to the request that asked for it: who reads along
 * comes and goes, and what there is of it is kept as it grows.
 */
export class Run {
  readonly message: string
  readonly asked: Asked
  readonly metadata: AnswerMetadata
  readonly parts: ChatPart[]
  /** Aborts the model call or tool call under way. */
  readonly stop = new AbortController()
  /** Resolves when nothing of it is under way any more and its end is on record. */
  readonly ended = Promise.withResolvers<void>()
  state: 'running' | 'waiting' = 'running'
  usage: ChatMessage['usage']
  readonly #log: ChunkLog
  readonly #clock: Clock
  readonly #save: RunOptions['save']
  #delta: { type: 'text-delta' | 'reasoning-delta'; id: string; delta: string } | undefined
  #cancelFrame = () => {}
  #cancelSave: (() => void) | undefined
  #saving: Promise<unknown> = Promise.resolve()

  constructor({ message, metadata, asked, clock, parts = [], seq = 0, save }: RunOptions) {
    this.message = message
    this.metadata = metadata
    this.asked = asked
    this.parts = parts
    this.#log = new ChunkLog(seq)
    this.#clock = clock
    this.#save = save
    if (seq === 0)
      this.emit({ type: 'start', messageId: message, messageMetadata: { ...metadata } })
  }

  /** Puts a piece into the stream and into the message. */
  emit(chunk: ChatChunk): void {
    this.#flush()
    this.#add(chunk)
  }

  /** The same for text as it comes, which goes out a few times a second. */
  say(type: 'text-delta' | 'reasoning-delta', id: string, delta: string): void {
    if (this.#delta?.type === type && this.#delta.id === id) {
      this.#delta.delta += delta
      return
    }
    this.#flush()
    this.#delta = { type, id, delta }
    this.#cancelFrame = this.#clock.after(frameMs, () => this.#flush())
  }

  /** What the stream says of the answer as a whole. */
  tell(metadata: Partial<AnswerMetadata>): void {
    Object.assign(this.metadata, metadata)
    this.emit({ type: 'message-metadata', messageMetadata: metadata })
  }

  follow(after: number, signal: AbortSignal): AsyncGenerator<Frame> {
    return this.#log.follow(after, {
      signal,
      restart: () => {
        this.#flush()
        return replayed(this.message, this.metadata, this.parts)
      },
    })
  }

  /** Keeps what there is now. */
  async save(): Promise<void> {
    this.#flush()
    this.#cancelSave?.()
    this.#cancelSave = undefined
    const { parts, state, usage, metadata } = this
    const saving = this.#saving.then(() =>
      this.#save({
        ...{ parts, state, seq: this.#log.seq },
        ...(usage ? { usage } : {}),
        ...(metadata.model === undefined ? {} : { model: metadata.model }),
      }),
    )
    this.#saving = saving.catch(() => undefined) // Whoever saved hears of it.
    if (!(await saving)) this.stop.abort()
  }

  get seq(): number {
    return this.#log.seq
  }

  /** Nothing is saved by itself from now on; resolves when what was being saved is. */
  async settle(): Promise<void> {
    this.#flush()
    this.#cancelSave?.()
    this.#cancelSave = () => {}
    await this.#saving
  }

  /** Ends the stream. */
  close(): void {
    this.#log.end()
    this.ended.resolve()
  }

  #flush(): void {
    const delta = this.#delta
    if (!delta) return
    this.#delta = undefined
    this.#cancelFrame()
    this.#add(delta)
  }

  #add(chunk: ChatChunk): void {
    assemble(this.parts, chunk)
    this.#log.add(chunk)
    if (this.#cancelSave) return
    const delayMs = saveMs + this.#chars() / charsPerSaveMs
    this.#cancelSave = this.#clock.after(delayMs, () => {
      this.#cancelSave = undefined
      this.save().catch(() => undefined) // Tried again with the next piece; the end is saved for certain.
    })
  }

  #chars(): number {
    const last = this.parts.at(-1)
    return last?.type === 'text' ? last.text.length : 0
  }
}
