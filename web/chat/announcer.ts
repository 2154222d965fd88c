import { words } from '../format.ts'
import type { Message } from './answer.ts'

const keptSentences = 3

/**
 * Tells screen readers an answer by whole sentences as they are finished, and each call of a tool when
 * it ends or asks. Word by word would interrupt itself without end.
 */
export class Announcer {
  #message = ''
  #saidChars = 0
  #ended = new Set<string>()

  /** Puts what is new into a live region, which keeps the last few sentences. */
  say(message: Message, region: HTMLElement): void {
    const isLive = message.state === 'running' || message.state === 'waiting'
    if (message.id !== this.#message) {
      this.#message = message.id
      this.#ended = new Set()
      // What was there before this page is not read out, only what comes from now on.
      this.#saidChars = isLive ? 0 : Number.POSITIVE_INFINITY
    }
    for (const sentence of [...this.#calls(message), ...this.#sentences(message, isLive)]) {
      const line = document.createElement('p')
      line.textContent = sentence
      region.append(line)
    }
    while (region.childElementCount > keptSentences) region.firstElementChild?.remove()
  }

  #sentences({ parts }: Message, isLive: boolean): string[] {
    const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
    if (text.length <= this.#saidChars) return []
    const rest = text.slice(this.#saidChars)
    const end = isLive ? (/^[\s\S]*(?:[.!?:](?=\s)|\n)/.exec(rest)?.[0].length ?? 0) : rest.length
    this.#saidChars += end
    const said = rest
      .slice(0, end)
      .replaceAll(/[`*_#>|]+/g, '')
      .trim()
    return said === '' ? [] : [said]
  }

  #calls({ parts }: Message): string[] {
    return parts.flatMap((part) => {
      if (part.type !== 'dynamic-tool' || this.#saidChars === Number.POSITIVE_INFINITY) return []
      const key = `${part.toolCallId} ${part.state}`
      if (this.#ended.has(key)) return []
      this.#ended.add(key)
      const name = part.title ?? words(part.toolName)
      if (part.state === 'approval-requested') return [`${name} waits for your approval.`]
      if (part.state === 'output-error') return [`${name} failed.`]
      return part.state === 'output-available' ? [`${name} is done.`] : []
    })
  }
}
