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
  const lines = hunksOf(text, edits).flatMap((hunk) => {
    const { start, end } = hunk
    const before = text.slice(start, end)
    const moved = hunk.edits.map((edit) => ({
      ...edit,
      ...{ start: edit.start - start, end: edit.end - start },
    }))
    const number = text.slice(0, start).split('\n').length
    const marked = (mark: string, part: string) =>
      part === '' ? [] : part.split('\n').map((line) => `${mark}${line.replace(/\r$/, '')}`)
    const after = applyEdits(before, moved)
    return [`@@ line ${number} @@`, ...marked('-', before), ...marked('+', after)]
  })
  const left = lines.length - shownLines
  return [...lines.slice(0, shownLines), ...(left > 0 ? [`[${left} more lines]`] : [])].join('\n')
}

/** Whole lines with the edits in them; edits that touch the same line are of one hunk. */
type Hunk = { start: number; end: number; edits: Edit[] }

function hunksOf(text: string, edits: Edit[]): Hunk[] {
  const hunks: Hunk[] = []
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const start = edit.start === 0 ? 0 : text.lastIndexOf('\n', edit.start - 1) + 1
    const found = text.indexOf('\n', edit.end)
    const end = found < 0 ? text.length : found
    const last = hunks.at(-1)
    if (last && start <= last.end) {
      last.edits.push(edit)
      last.end = Math.max(last.end, end)
    } else hunks.push({ start, end, edits: [edit] })
  }
  return hunks
}
