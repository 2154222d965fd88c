import type { DiffLine } from './diff-lines.ts'

type Code = Extract<DiffLine, { text: string; kind: 'context' | 'added' | 'removed' }>

/** What of a line differs from its counterpart: from one letter to another. */
export type Span = { start: number; end: number }

/** A row on the screen: a line across, or the two versions of it beside each other. */
export type DiffRow =
  | { kind: 'line'; line: DiffLine; span?: Span }
  | { kind: 'pair'; old?: Code; new?: Code; oldSpan?: Span; newSpan?: Span }

/** One version below the other. */
export function unifiedRows(lines: DiffLine[]): DiffRow[] {
  return blocks(lines).flatMap(({ removed, added, line }): DiffRow[] => {
    if (line) return [{ kind: 'line', line }]
    const spans = removed.map((old, at) => differing(old.text, added[at]?.text))
    return [
      ...removed.map((old, at) => lineRow(old, spans[at]?.[0])),
      ...added.map((fresh, at) => lineRow(fresh, spans[at]?.[1])),
    ]
  })
}

/** The old version on the left, the new one on the right. */
export function splitRows(lines: DiffLine[]): DiffRow[] {
  return blocks(lines).flatMap(({ removed, added, line }): DiffRow[] => {
    if (line?.kind === 'context') return [{ kind: 'pair', old: line, new: line }]
    if (line) return [{ kind: 'line', line }]
    return Array.from({ length: Math.max(removed.length, added.length) }, (_, at) => {
      const [old, fresh] = [removed[at], added[at]]
      const [oldSpan, newSpan] = differing(old?.text, fresh?.text) ?? []
      return {
        kind: 'pair',
        ...(old ? { old } : {}),
        ...(fresh ? { new: fresh } : {}),
        ...(oldSpan ? { oldSpan } : {}),
        ...(newSpan ? { newSpan } : {}),
      }
    })
  })
}

const lineRow = (line: DiffLine, span: Span | undefined): DiffRow => ({
  kind: 'line',
  line,
  ...(span ? { span } : {}),
})

type Block = { removed: Code[]; added: Code[]; line?: DiffLine }

/** Removed lines with the added ones that follow them; every other line alone. */
function blocks(lines: DiffLine[]): Block[] {
  const found: Block[] = []
  let open: Block | undefined
  for (const line of lines) {
    if (line.kind !== 'added' && line.kind !== 'removed') {
      found.push({ removed: [], added: [], line })
      open = undefined
      continue
    }
    if (!open || (line.kind === 'removed' && open.added.length > 0))
      found.push((open = { removed: [], added: [] }))
    if (line.kind === 'removed') open.removed.push(line)
    else open.added.push(line)
  }
  return found
}

/** What stands between the common beginning and end of two lines, where they have enough in common. */
function differing(old: string | undefined, fresh: string | undefined): [Span, Span] | undefined {
  if (old === undefined || fresh === undefined) return undefined
  const shorter = Math.min(old.length, fresh.length)
  let start = 0
  while (start < shorter && old[start] === fresh[start]) start++
  let end = 0
  while (end < shorter - start && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end++
  // Two lines that share little are not versions of each other, and marks would only be noise.
  if ((start + end) * 3 < shorter || start + end === 0) return undefined
  return [
    { start, end: old.length - end },
    { start, end: fresh.length - end },
  ]
}
