import { HubError } from '../../schemas/errors.ts'
import { isObject } from '../rpc/protocol.ts'

const maxSaidChars = 300
/** A page is looked at no further than this: what it says stands at its beginning. */
const maxReadChars = 16_384

/** The server does not take the credential that it was sent (401), or not for this (403); nothing began. */
export class AccessRefused extends HubError {
  readonly status: 401 | 403
  readonly #said: string

  constructor(status: 401 | 403, said: string, server?: string) {
    const did = status === 401 ? 'does not grant this hub access any more' : 'refuses this hub'
    const words = said === '' ? '' : `: ${said}`
    super('denied', `${server ?? 'it'} ${did}: it answered ${status}${words}`, {
      hint: hints[status],
      details: { ...(server === undefined ? {} : { server }), status },
    })
    this.status = status
    this.#said = said
  }

  /** The same, with the name that the server has here. */
  by(server: string): AccessRefused {
    return new AccessRefused(this.status, this.#said, server)
  }
}

const hints = {
  401: 'Of a peer, its owner removed this hub: remove it here with peer_remove, and ask them for a new invitation. Of a server, renew the credential in its `headers`.',
  403: 'Whoever keeps that server says what this hub may do there: ask them for more, or for another credential.',
}

/** What a refusal says in words, of the forms that servers and what stands before them give it. */
export function wordsOf(text: string): string {
  const value = parsed(text)
  const start = text.slice(0, maxReadChars)
  const inner = isObject(value) && isObject(value.error) ? value.error : value
  if (!isObject(inner)) return short(typeof inner === 'string' ? inner : textOf(start))
  const { message, error_description: described, detail, error, hint } = inner
  const said = [message, described, detail, error].find((one) => typeof one === 'string')
  if (typeof said !== 'string') return short(start)
  return short(typeof hint === 'string' ? `${said}. ${hint}` : said)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // It is for people; textOf reads it.
  }
}

/** A page as its text, so that its words and not its head are what fits. */
const textOf = (text: string) =>
  text.replace(/<(head|style|script)\b[^]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')

function short(text: string): string {
  const line = text.slice(0, maxReadChars).replace(/\s+/g, ' ').trim()
  return line.length > maxSaidChars ? `${line.slice(0, maxSaidChars - 1)}…` : line
}
