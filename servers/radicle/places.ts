import type { ChangeComment, CommentPlace } from '../../schemas/change.ts'

// Where a line of one commit is in a later one, by the difference between the two.

/** `oldCount` lines from `oldStart` became `newCount` lines from `newStart`, as a hunk without context says it. */
export type Hunk = { oldStart: number; oldCount: number; newStart: number; newCount: number }

/** What happened to a file: its new name, or undefined when it is no more, and its hunks in order. */
export type FileMove = { path: string | undefined; hunks: Hunk[] }

/** The new number of a line, or undefined when it was removed or changed. */
export function movedLine(line: number, hunks: Hunk[]): number | undefined {
  let shift = 0
  for (const { oldStart, oldCount, newCount } of hunks) {
    // A hunk that removes nothing stands after the line it names.
    const first = oldCount === 0 ? oldStart + 1 : oldStart
    if (line < first) break
    if (line < first + oldCount) return undefined
    shift += newCount - oldCount
  }
  return line + shift
}

/** Where a comment's line is after the moves; a file that is not among them did not change. */
export function placeAfter(
  { path, line }: Pick<ChangeComment, 'path' | 'line'>,
  moves: Map<string, FileMove>,
): CommentPlace | undefined {
  if (path === undefined) return undefined
  const move = moves.get(path)
  if (!move) return { path, ...(line === undefined ? {} : { line }) }
  if (move.path === undefined) return 'gone'
  if (line === undefined) return { path: move.path }
  const moved = movedLine(line, move.hunks)
  return moved === undefined ? 'gone' : { path: move.path, line: moved }
}

/** Reads what `git diff --unified=0 --find-renames` prints: each file by its old name. */
export function readMoves(diff: string): Map<string, FileMove> {
  const moves = new Map<string, FileMove>()
  let names: { old?: string | undefined; new?: string | undefined } = {}
  let hunks: Hunk[] = []
  let left = 0
  const keep = () => {
    if (names.old !== undefined) moves.set(names.old, { path: names.new, hunks })
  }
  for (const line of diff.split('\n')) {
    // Lines of a hunk are counted, since a removed line may look like a header.
    if (left > 0) {
      if (line.startsWith('+') || line.startsWith('-')) left--
      continue
    }
    if (line.startsWith('diff --git ')) {
      keep()
      ;[names, hunks] = [{}, []]
    }
    const [, kind, name = ''] = /^(---|\+\+\+|rename from|rename to) (.*)$/.exec(line) ?? []
    if (kind === '---') names.old = pathOf(name, 'a/')
    if (kind === '+++') names.new = pathOf(name, 'b/')
    if (kind === 'rename from') names.old = unquoted(name)
    if (kind === 'rename to') names.new = unquoted(name)
    const [, oldStart, oldCount = '1', newStart, newCount = '1'] =
      /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    if (oldStart === undefined) continue
    const hunk = { oldStart, oldCount, newStart, newCount }
    const counted = Object.fromEntries(
      Object.entries(hunk).map(([key, value]) => [key, Number(value)]),
    ) as Hunk // The same keys.
    left = counted.oldCount + counted.newCount
    hunks.push(counted)
  }
  keep()
  return moves
}

const pathOf = (name: string, prefix: string): string | undefined => {
  // Git ends a name that has a space with a tab.
  const path = unquoted(name.replace(/\t$/, ''))
  return path === '/dev/null' ? undefined : path.slice(prefix.length)
}

const escapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
}

/** A name as Git prints it: in quotes when it has characters that would break a line. */
function unquoted(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name
  const bytes: number[] = []
  const inside = name.slice(1, -1)
  for (const [part] of inside.matchAll(/\\[0-7]{3}|\\.|[^\\]+/gs)) {
    if (/^\\[0-7]{3}$/.test(part)) bytes.push(Number.parseInt(part.slice(1), 8))
    else
      bytes.push(
        ...Buffer.from(part.startsWith('\\') ? (escapes[part[1] ?? ''] ?? part.slice(1)) : part),
      )
  }
  return Buffer.from(bytes).toString('utf8')
}
