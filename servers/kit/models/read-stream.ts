import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'
import type { ErrorCode } from '../../../schemas/errors.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Clock } from '../clock.ts'
import type { AnswerPart, StreamedAnswer } from './answer.ts'
import { AnswerSoFar, isHeard } from './answer.ts'

/** Twice what any model in use writes in one answer. */
const maxChars = 2_000_000
/** A local model that is not in memory yet is loaded first. */
const firstPieceMs = 5 * 60_000
const nextPieceMs = 2 * 60_000

type Listening = {
  clock: Clock
  /** Called once, before the first piece: from then on no other model is asked. */
  onFirst(): void
  onPart(part: AnswerPart): void
}

/**
 * Reads the answer of one model while it comes. Throws what goes wrong before the first piece; after it
 * the answer so far is returned with what broke it off, since somebody has read it and it has to be paid.
 */
export async function readStream(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
  { clock, onFirst, onPart }: Listening,
): Promise<StreamedAnswer> {
  // Not the caller's own signal: a stream that is being read is canceled, which closes the connection too.
  const connecting = new AbortController()
  const { abortSignal: stopped = connecting.signal } = options
  const answer = new AnswerSoFar()
  let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined
  let hasBegun = false
  const inTime = <T>(promise: Promise<T>) =>
    ended(promise, clock, hasBegun ? nextPieceMs : firstPieceMs, stopped)
  try {
    const asked = Promise.resolve(model.doStream({ ...options, abortSignal: connecting.signal }))
    reader = (await inTime(asked)).stream.getReader()
    for (;;) {
      const { done, value: part } = await inTime(reader.read())
      if (done) break
      if (part.type === 'error') throw part.error
      answer.add(part)
      if (answer.chars > maxChars)
        throw new HubError('exhausted', `the answer did not end after ${maxChars} characters`)
      if (!isHeard(part)) continue
      if (!hasBegun) onFirst()
      hasBegun = true
      onPart(part)
    }
    // The libraries make up an end for a connection that was lost.
    if (!answer.finish || answer.finish.finishReason.unified === 'interrupted')
      throw new HubError('unavailable', 'the connection ended before the answer did')
    if (!hasBegun) onFirst()
    return { result: answer.result() }
  } catch (error) {
    if (reader) reader.cancel().catch(() => undefined) // It failed already, and nobody reads on.
    else connecting.abort()
    if (!hasBegun) throw error
    return { result: answer.result(), broken: brokenBy(error, stopped) }
  }
}

function brokenBy(error: unknown, { aborted }: AbortSignal): HubError {
  if (aborted) return new HubError('canceled', 'the model call was stopped', { cause: error })
  return new HubError(codeOf(error), `the answer broke off: ${reasonOf(error)}`, {
    hint: 'What was said so far is kept; ask for the answer anew, or of another model.',
    cause: error,
  })
}

/** Of what went wrong beneath what the libraries say of it. */
function codeOf(error: unknown): ErrorCode {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof HubError) return at.code
  return 'unavailable'
}

/** What an error says, whichever form the server gave it. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message
  if (typeof error === 'string') return error
  const message = (error as { message?: unknown } | null)?.message // What is not there is undefined.
  return typeof message === 'string' ? message : (JSON.stringify(error) ?? 'unknown')
}

/** The promise's value, unless the time is over or the call is stopped before. */
function ended<T>(
  promise: Promise<T>,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => {
      cancel()
      signal.removeEventListener('abort', abort)
    }
    const abort = () => {
      end()
      reject(new HubError('canceled', 'the model call was stopped'))
    }
    const cancel = clock.after(timeoutMs, () => {
      end()
      reject(new HubError('unavailable', `nothing came for ${timeoutMs / 1000} s`))
    })
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.finally(end).then(resolve, reject)
  })
}
