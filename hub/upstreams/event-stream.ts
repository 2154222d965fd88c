import { HubError } from '../../schemas/errors.ts'

export type ServerEvent = { id?: string; name?: string; data: string; retryMs?: number }

/** Largest event, in characters. */
const maxEventChars = 32 * 1024 * 1024

/**
 * Server-Sent Events out of a byte stream.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  let event: ServerEvent = { data: '' }
  let hasData = false
  let size = 0
  for await (const chunk of body) {
    const text = rest + decoder.decode(chunk, { stream: true })
    // A line break may be cut in two: a final \r waits for what follows.
    const usable = text.endsWith('\r') ? text.length - 1 : text.length
    const lines = text.slice(0, usable).split(/\r\n|\r|\n/)
    rest = (lines.pop() ?? '') + text.slice(usable)
    for (const line of lines) {
      size += line.length
      if (line === '') {
        if (hasData || event.id !== undefined || event.retryMs !== undefined) yield event
        event = { data: '' }
        hasData = false
        size = 0
        continue
      }
      const colon = line.indexOf(':')
      const field = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
      if (field === 'data') {
        event.data = hasData ? `${event.data}\n${value}` : value
        hasData = true
      } else if (field === 'event') event.name = value
      else if (field === 'id') event.id = value
      else if (field === 'retry' && /^\d+$/.test(value)) event.retryMs = Number(value)
    }
    if (size + rest.length > maxEventChars)
      throw new HubError('exhausted', 'the upstream sent more than one message may hold')
  }
}
