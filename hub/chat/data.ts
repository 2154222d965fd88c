import { hash } from 'node:crypto'
import { textWithoutSecrets } from '../../servers/kit/redact.ts'

/**
 * Marks what others wrote as data in a prompt. The mark has a name that nobody outside of the hub can
 * know, so no text can end it and go on as if a person spoke.
 */
export class DataMarks {
  readonly name: string

  constructor(key: Buffer, conversation: string) {
    this.name = `data-${hash('sha256', Buffer.concat([key, Buffer.from(conversation)])).slice(0, 10)}`
  }

  around(from: string, text: string, failed = false): string {
    const source = from.replace(/["<>\n]/g, "'").slice(0, 200)
    const inner = textWithoutSecrets(text).replaceAll(this.name, 'data')
    return `<${this.name} from="${source}"${failed ? ' failed' : ''}>\n${inner}\n</${this.name}>`
  }
}

/** Cut to `maxChars` at the end of a line where one is near, with a word about it. */
export function bounded(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const line = text.lastIndexOf('\n', maxChars)
  const cut = text.slice(0, line > maxChars * 0.8 ? line : maxChars)
  return `${cut}\n[cut: ${cut.length} of ${text.length} characters; ask for less, or for the next page]`
}
