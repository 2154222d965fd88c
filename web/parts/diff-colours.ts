import type { DiffFile, DiffLine } from './diff-lines.ts'
import type { Span } from './diff-rows.ts'
import type { Token } from './highlight-worker.ts'
import { languageOf, tokens } from './highlight.ts'

type Colours = Map<DiffLine, Token[]>

const known = new WeakMap<DiffFile, { colours: Colours; done: Promise<void> }>()

/** The tokens of a file's lines: empty at first, and filled in when `done`. */
export function coloursOf(file: DiffFile): { colours: Colours; done: Promise<void> } {
  const held = known.get(file)
  if (held) return held
  const colours: Colours = new Map()
  const made = { colours, done: colour(file, colours) }
  known.set(file, made)
  return made
}

/** Each version of each hunk is a text of its own: a comment that begins in one does not reach the next. */
async function colour(file: DiffFile, colours: Colours): Promise<void> {
  const language = languageOf(file.path)
  if (language === undefined) return
  await Promise.all(
    hunks(file.lines).flatMap((lines) => [
      colourLines(
        language,
        lines.filter(({ kind }) => kind !== 'added'),
        colours,
      ),
      colourLines(
        language,
        lines.filter(({ kind }) => kind !== 'removed'),
        colours,
      ), // Last: context is of this one.
    ]),
  )
}

async function colourLines(language: string, lines: DiffLine[], colours: Colours): Promise<void> {
  if (lines.every(({ kind }) => kind === 'context')) {
    if (lines.some((line) => colours.has(line))) return
  }
  const found = await tokens(language, lines.map(({ text }) => text).join('\n'))
  for (const [at, line] of lines.entries()) {
    const run = found?.[at]
    if (run) colours.set(line, run)
  }
}

function hunks(lines: DiffLine[]): DiffLine[][] {
  const found: DiffLine[][] = []
  for (const line of lines) {
    if (line.kind === 'hunk') found.push([])
    else if (line.kind !== 'note') found.at(-1)?.push(line)
  }
  return found.filter((hunk) => hunk.length > 0)
}

export type Piece = { text: string; type: string; isMarked: boolean }

/** A line cut where its colour changes, and where what differs from its counterpart begins and ends. */
export function pieces(text: string, run: Token[] = [], span?: Span): Piece[] {
  const found: Piece[] = []
  const { start, end } = span ?? { start: 0, end: 0 }
  const add = (from: number, to: number, type: string) => {
    for (const [a, b, isMarked] of [
      [from, Math.min(to, start), false],
      [Math.max(from, start), Math.min(to, end), true],
      [Math.max(from, end), to, false],
    ] as const)
      if (a < b) found.push({ text: text.slice(a, b), type, isMarked })
  }
  let at = 0
  for (const [length, type] of run) {
    add(at, Math.min(text.length, at + length), type)
    at += length
  }
  add(at, text.length, '')
  return found
}
