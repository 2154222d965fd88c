import type { LogChunk } from '../schemas/log.ts'

type Severity = 'error' | 'warning' | undefined
export type LogLine = { stream: LogChunk['stream']; text: string; severity: Severity }

/** What a page keeps of a log; the hub has all of it. */
const keptLines = 100_000
/** A line as long as this is data rather than words; drawing all of it would stop the page. */
const maxLineChars = 4000

/** The lines of a log, put together from chunks that end anywhere. */
export class LogLines {
  readonly lines: LogLine[] = []
  /** Lines that were left out in front. */
  dropped = 0
  /** Each stream's line that has no end yet. */
  readonly #open = new Map<string, LogLine>()
  readonly #decoders = new Map<string, TextDecoder>()

  add(chunk: LogChunk): void {
    const { stream } = chunk
    const parts = plain(this.#textOf(chunk)).split('\n')
    const first = parts.shift() ?? ''
    const open = this.#open.get(stream)
    // What another stream wrote meanwhile ends the line, or it would be read in the wrong order.
    if (open && open === this.lines.at(-1)) append(open, first)
    else if (first !== '' || parts.length > 0) this.#push(stream, first)
    for (const part of parts) this.#push(stream, part)
    const last = this.lines.at(-1)
    if (last?.stream === stream && last.text === '' && parts.length > 0) {
      this.lines.pop()
      this.#open.delete(stream)
    } else if (last?.stream === stream) this.#open.set(stream, last)
    if (this.lines.length > keptLines * 1.1) {
      const extra = this.lines.length - keptLines
      this.lines.splice(0, extra)
      this.dropped += extra
    }
  }

  #push(stream: LogChunk['stream'], text: string): void {
    const line: LogLine = { stream, text: '', severity: undefined }
    append(line, text)
    this.lines.push(line)
  }

  #textOf({ stream, encoding, data }: LogChunk): string {
    if (encoding === 'utf8') return data
    const decoder = this.#decoders.get(stream) ?? new TextDecoder()
    this.#decoders.set(stream, decoder)
    return decoder.decode(
      Uint8Array.from(atob(data), (c) => c.charCodeAt(0)),
      { stream: true },
    )
  }
}

function append(line: LogLine, text: string): void {
  // A carriage return goes back to the start of the line, as progress bars do.
  const whole = (line.text + text).replace(/\r$/, '')
  const shown = whole.slice(whole.lastIndexOf('\r') + 1)
  line.text = shown.length > maxLineChars ? `${shown.slice(0, maxLineChars)}…` : shown
  line.severity = severityOf(line.text)
}

const errorWords = /\b(error|fatal|fail(ed|ure|s)?|panic|exception|traceback|denied)\b|✗|✖/i
const warningWords = /\b(warn(ing)?|deprecated)\b/i
/** "0 failed" and the like are good news. */
const goodNews = /\b(0|no) (errors?|fail(ed|ures?)|warnings?)\b/gi

function severityOf(text: string): Severity {
  const told = text.replace(goodNews, '')
  return errorWords.test(told) ? 'error' : warningWords.test(told) ? 'warning' : undefined
}

/** Without colours and other control sequences. */
// oxlint-disable-next-line no-control-regex -- these are what is meant
const plain = (text: string) => text.replace(/\x1b\[[\d;?]*[A-Za-z]|\x1b\][^\x07]*\x07/g, '')
