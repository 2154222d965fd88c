import { HubError } from '../../../schemas/errors.ts'

/** A whole answer of a million tokens, which comes as one line, has about half of this. */
const maxLineBytes = 8 * 1024 * 1024
const maxAnswerBytes = 64 * 1024 * 1024
const newline = 10

/**
 * `fetch` as the provider libraries are given it. They read a line, or an answer, to its end whatever
 * its length, so a server that never ends one would fill the memory of the hub.
 */
export const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (!response.body) return response
  const { status, statusText, headers } = response
  return new Response(response.body.pipeThrough(bounds()), { status, statusText, headers })
}

function bounds(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let [line, total] = [0, 0]
  return new TransformStream({
    transform(chunk, controller) {
      total += chunk.length
      const last = chunk.lastIndexOf(newline)
      line = last < 0 ? line + chunk.length : Math.max(line + chunk.indexOf(newline), 0)
      if (line > maxLineBytes) throw tooLong(`a line of more than ${maxLineBytes} bytes`)
      if (last >= 0) line = chunk.length - 1 - last
      if (total > maxAnswerBytes) throw tooLong(`more than ${maxAnswerBytes} bytes`)
      controller.enqueue(chunk)
    },
  })
}

const tooLong = (what: string) => new HubError('exhausted', `the model server sent ${what}`)
