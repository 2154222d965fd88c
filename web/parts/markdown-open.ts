/**
 * Closes what a text that still grows has open at its end, so that it does not jump when the closing
 * mark arrives: a link or an image without its address, bold text, code. A fence closes by itself.
 */
export function closeOpenMarks(text: string): string {
  if (isInFence(text)) return text
  const start = text.lastIndexOf('\n\n') + 1
  const last = text.slice(start).replace(/(!?)\[([^[\]\n]*)(?:\]\([^()\s]*)?$/, '$2')
  const marks = last.replaceAll(/`[^`\n]*`/g, '')
  const closed =
    count(marks, /`/g) % 2 === 1 ? '`' : count(marks, /\*\*/g) % 2 === 1 ? closing(last) : ''
  return text.slice(0, start) + last + closed
}

const isInFence = (text: string) => count(text, /^ {0,3}(```|~~~)/gm) % 2 === 1
const count = (text: string, mark: RegExp) => text.match(mark)?.length ?? 0
/** Where the mark has just begun there is nothing to close, and four stars would be a line. */
const closing = (last: string) => (/\*\*\s*$/.test(last) ? '' : last.endsWith('*') ? '*' : '**')
