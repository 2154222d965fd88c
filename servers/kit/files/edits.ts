/** A replacement of the characters from `start` up to `end`, counted as in a JavaScript string. */
export type Edit = { start: number; end: number; text: string }

/** Applies edits that do not overlap; everything outside them stays as it is, byte for byte. */
export function applyEdits(text: string, edits: Edit[]): string {
  const sorted = edits.toSorted((a, b) => a.start - b.start || a.end - b.end)
  let at = 0
  let result = ''
  for (const { start, end, text: replacement } of sorted) {
    if (start < at || end < start || end > text.length)
      throw new Error('edits overlap or lie outside the text')
    result += text.slice(at, start) + replacement
    at = end
  }
  return result + text.slice(at)
}

/** The line ending most used in a text, for lines that are added. */
export function lineEnding(text: string): '\r\n' | '\n' {
  const windows = text.match(/\r\n/g)?.length ?? 0
  const all = text.match(/\n/g)?.length ?? 0
  return windows * 2 > all ? '\r\n' : '\n'
}

const shownLines = 200

/** What edits would do, as unified-diff-like lines: for dry runs that a person or a model reads. */
export function describeEdits(text: string, edits: Edit[]): string {
  const lines = edits
    .toSorted((a, b) => a.start - b.start)
    .flatMap((edit) => {
      const from = text.lastIndexOf('\n', edit.start - 1) + 1
      const found = text.indexOf('\n', edit.end)
      const to = found < 0 ? text.length : found
      const before = text.slice(from, to)
      const after = before.slice(0, edit.start - from) + edit.text + before.slice(edit.end - from)
      const number = text.slice(0, from).split('\n').length
      const marked = (mark: string, part: string) =>
        part === '' ? [] : part.split('\n').map((line) => `${mark}${line.replace(/\r$/, '')}`)
      return [`@@ line ${number} @@`, ...marked('-', before), ...marked('+', after)]
    })
  const left = lines.length - shownLines
  return [...lines.slice(0, shownLines), ...(left > 0 ? [`[${left} more lines]`] : [])].join('\n')
}
