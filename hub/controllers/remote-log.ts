import type { LogChunk } from '../../schemas/log.ts'
import type { RemoteTask } from '../peers/store/remote-tasks.ts'
import { saveRemoteTask } from '../peers/store/remote-tasks.ts'
import type { ControllerContext } from './context.ts'

const readBytes = 256 * 1024
const chunksAtOnce = 200

type Ask = (tool: string, args: Record<string, unknown>, timeoutMs?: number) => Promise<unknown>

/**
 * Copies the log of a task on a peer, chunk for chunk, into the log of the task here. How far it came
 * follows from the number of chunks here, less those of our own, so nothing else is kept and nothing is
 * copied twice or left out, wherever either hub was killed.
 */
export class RemoteLog {
  readonly #context: ControllerContext
  readonly #row: RemoteTask
  readonly #fence: number
  #position: number

  constructor(
    context: ControllerContext,
    row: RemoteTask,
    { fence, position }: { fence: number; position: number },
  ) {
    this.#context = context
    this.#row = row
    this.#fence = fence
    this.#position = position
  }

  /** The last chunk of the log there that stands here. */
  get reached(): number {
    return this.#row.log_from + this.#position - this.#row.own_chunks
  }

  /**
   * Adds a line of our own. It is kept with its position first: after a crash it is seen whether it stands
   * in the log already.
   */
  async note(text: string): Promise<void> {
    this.#row.note = `${text}\n`
    this.#row.note_at = this.#position
    await saveRemoteTask(this.#context.store, this.#row)
    await this.finishNote()
  }

  /** Adds the line that an earlier process was about to add. */
  async finishNote(): Promise<void> {
    const { note, note_at: position } = this.#row
    if (note === null || position === null) return
    const chunk = { stream: 'agent', at: this.#context.clock.now(), data: note }
    await this.#append(position, [chunk])
    this.#row.own_chunks++
    this.#row.note = null
    this.#row.note_at = null
    await saveRemoteTask(this.#context.store, this.#row)
  }

  /** Copies what is new, after waiting for it; true while there is more. */
  async copy(ask: Ask, remoteTask: string, waitMs: number): Promise<boolean> {
    const { items, more } = (await ask(
      'task_log',
      { task: remoteTask, after: this.reached, max_bytes: readBytes, wait_ms: waitMs },
      waitMs + 15_000,
    )) as { items: LogChunk[]; more: boolean } // The tool's output schema states it.
    for (let from = 0; from < items.length; from += chunksAtOnce) {
      const chunks = items
        .slice(from, from + chunksAtOnce)
        .map(({ stream, at, encoding, data }) => ({ stream, at, encoding, data }))
      await this.#append(this.#position, chunks)
    }
    return more
  }

  async #append(position: number, chunks: Record<string, unknown>[]): Promise<void> {
    const { task } = this.#row
    const reached = await this.#context.call<{ position: number }>('task_log_append', {
      task,
      fence: this.#fence,
      position,
      chunks,
    })
    this.#position = reached.position
  }
}
