import type { Chunk } from './piece.ts'
import { maxChars, targetChars } from './piece.ts'

/** Cuts lines into pieces near the target size, at blank lines where there are any. */
export function textChunks(text: string, headingPath: string, firstLine: number): Chunk[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const chunks: Chunk[] = []
  let start = 0
  let size = 0
  let blank = -1
  const emit = (end: number) => {
    const piece = lines.slice(start, end).join('\n')
    if (piece.trim() !== '')
      chunks.push(...split(piece, headingPath, firstLine + start, firstLine + end - 1))
    start = end
    size = lines.slice(end, end).length
    blank = -1
  }
  for (let at = 0; at < lines.length; at++) {
    const length = (lines[at]?.length ?? 0) + 1
    if (size > 0 && size + length > targetChars) {
      const end = blank > start ? blank + 1 : at
      emit(end)
      size = lines.slice(start, at).reduce((sum, line) => sum + line.length + 1, 0)
    }
    size += length
    if (lines[at]?.trim() === '' && size > targetChars / 3) blank = at
  }
  emit(lines.length)
  return chunks
}

/** A line that is far too long is cut too; each piece keeps the number of its line. */
function split(text: string, headingPath: string, line0: number, line1: number): Chunk[] {
  if (text.length <= maxChars) return [{ headingPath, line0, line1, text }]
  const chunks: Chunk[] = []
  for (let at = 0; at < text.length; at += targetChars) {
    const piece = text.slice(at, at + targetChars)
    const from = line0 + (text.slice(0, at).match(/\n/g)?.length ?? 0)
    chunks.push({
      headingPath,
      line0: from,
      line1: Math.min(line1, from + (piece.match(/\n/g)?.length ?? 0)),
      text: piece,
    })
  }
  return chunks
}
