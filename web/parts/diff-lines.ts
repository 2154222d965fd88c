/** A line of a diff, with its number in the version of the file before, after, or both. */
export type DiffLine =
  | { kind: 'context'; old: number; new: number; text: string }
  | { kind: 'added'; new: number; text: string }
  | { kind: 'removed'; old: number; text: string }
  | { kind: 'hunk'; text: string }
  | { kind: 'note'; text: string }

export type DiffFile = {
  path: string
  /** Its name before, where that was another. */
  from?: string
  state: 'added' | 'deleted' | 'renamed' | 'modified'
  lines: DiffLine[]
  additions: number
  deletions: number
}

/** The files of a unified diff as Git writes it; one that was cut ends where it was cut. */
export function parseDiff(diff: string): DiffFile[] {
  const parts = diff.split(/^(?=diff --git )/m).filter((part) => part.trim() !== '')
  return parts.map(parseFile)
}

const kept = new Map<string, DiffFile[]>()
const mostKept = 12

/** The files of a diff, the same objects for the same text: what is known of a file hangs on them. */
export function filesOf(diff: string): DiffFile[] {
  const files = kept.get(diff) ?? parseDiff(diff)
  kept.delete(diff)
  kept.set(diff, files)
  for (const oldest of kept.keys()) {
    if (kept.size <= mostKept) break
    kept.delete(oldest)
  }
  return files
}

const hunkStart = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/

/** How the hub writes where an edit of a text begins, which says nothing of how long it is. */
const looseHunk = /^@@ line (\d+) @@$/
const gitHeader =
  /^(diff --git |index [0-9a-f]+\.\.|--- |\+\+\+ |(new|deleted) file mode |(dis)?similarity index |(rename|copy) (from|to) )/

function parseFile(part: string): DiffFile {
  const texts = part.split('\n')
  if (texts.at(-1) === '') texts.pop()
  const start = texts.findIndex((text) => text.startsWith('@@'))
  const head = start < 0 ? texts : texts.slice(0, start)
  const file: DiffFile = { ...namesOf(head), lines: [], additions: 0, deletions: 0 }
  for (const text of head) {
    const says = /^(Binary files |GIT binary patch|old mode |new mode )/.test(text)
    // Without a hunk it is a text that a tool would write, shown as it is.
    if (says || (start < 0 && !gitHeader.test(text))) file.lines.push({ kind: 'note', text })
  }
  let [before, after, beforeLeft, afterLeft] = [0, 0, 0, 0]
  for (const text of start < 0 ? [] : texts.slice(start)) {
    // A hunk says how long it is, so a removed line that reads like its head is still a line.
    const hunk = beforeLeft <= 0 && afterLeft <= 0 ? hunkStart.exec(text) : null
    if (hunk) {
      ;[before, beforeLeft] = [Number(hunk[1]), Number(hunk[2] ?? 1)]
      ;[after, afterLeft] = [Number(hunk[3]), Number(hunk[4] ?? 1)]
      file.lines.push({ kind: 'hunk', text })
    } else if (text.startsWith('+')) {
      file.lines.push({ kind: 'added', new: after++, text: text.slice(1) })
      file.additions++
      afterLeft--
    } else if (text.startsWith('-')) {
      file.lines.push({ kind: 'removed', old: before++, text: text.slice(1) })
      file.deletions++
      beforeLeft--
    } else if (text.startsWith('\\')) {
      file.lines.push({ kind: 'note', text: text.slice(2) })
    } else if (text !== '' && !text.startsWith(' ')) {
      const line = looseHunk.exec(text)
      if (line) before = after = Number(line[1])
      file.lines.push({ kind: line ? 'hunk' : 'note', text })
    } else {
      file.lines.push({ kind: 'context', old: before++, new: after++, text: text.slice(1) })
      beforeLeft--
      afterLeft--
    }
  }
  return file
}

function namesOf(head: string[]): Pick<DiffFile, 'path' | 'from' | 'state'> {
  const after = (mark: string) =>
    unquoted(head.find((text) => text.startsWith(mark))?.slice(mark.length))
  const [from, to] = [after('rename from '), after('rename to ')]
  if (from !== undefined && to !== undefined) return { path: to, from, state: 'renamed' }
  const state = head.some((text) => text.startsWith('new file '))
    ? 'added'
    : head.some((text) => text.startsWith('deleted file '))
      ? 'deleted'
      : 'modified'
  const named = state === 'deleted' ? after('--- ') : after('+++ ')
  return { path: named?.replace(/^[ab]\//, '') ?? namedInTitle(head[0] ?? ''), state }
}

/** Without other lines, as for an empty file, both names in the first one are the same. */
function namedInTitle(title: string): string {
  const names = title.replace(/^diff --git /, '')
  const half = unquoted(names.slice(0, Math.floor(names.length / 2)))
  return half?.replace(/^a\//, '') ?? names
}

/** Git writes names with other than plain letters in quotes, byte by byte. */
function unquoted(name: string | undefined): string | undefined {
  const text = name?.replace(/\t$/, '')
  if (text === undefined || !text.startsWith('"')) return text
  const bytes: number[] = []
  const letters: Record<string, number> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11 }
  const encoder = new TextEncoder()
  for (const [whole, code] of text.replace(/^"|"$/g, '').matchAll(/\\([0-7]{3}|.)|[^\\]/gu)) {
    if (code === undefined) bytes.push(...encoder.encode(whole))
    else if (code.length === 3) bytes.push(Number.parseInt(code, 8))
    else bytes.push(letters[code] ?? code.charCodeAt(0))
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}
