import { HubError } from '../../../schemas/errors.ts'
import { nearest } from '../../../schemas/nearest.ts'
import type { Edit } from '../files/edits.ts'
import { lineEnding } from '../files/edits.ts'
import type { Heading, Line, Scan } from './scan.ts'

export type PatchOperation = 'append' | 'prepend' | 'replace'

/** What a patch is about: the section of a heading, a block with an id, a line, or the whole text. */
export type PatchTarget =
  | { kind: 'whole' }
  | { kind: 'heading'; path: string[] }
  | { kind: 'block'; id: string }
  | { kind: 'line'; number: number }

/** The one edit that a patch comes to. A heading that is missing is added at the end when allowed. */
export function patchEdit(
  scan: Scan,
  target: PatchTarget,
  operation: PatchOperation,
  content: string,
  createMissing = false,
): Edit {
  const ending = lineEnding(scan.text)
  const body = content.replace(/\r?\n/g, ending).replace(/(\r?\n)+$/, '')
  if (target.kind === 'heading') {
    const heading = findHeading(scan, target.path, createMissing)
    if (!heading)
      return appendEdit(scan, newHeading(scan, target.path) + ending + ending + body, ending, true)
    return spanEdit(scan, heading.bodyStart, heading.end, operation, body, ending)
  }
  if (target.kind === 'whole') {
    const start = scan.front?.blockEnd ?? (scan.text.startsWith('\uFEFF') ? 1 : 0)
    if (operation === 'append') return appendEdit(scan, body, ending, false)
    return spanEdit(scan, start, scan.text.length, operation, body, ending)
  }
  const { start, end } =
    target.kind === 'block' ? blockSpan(scan, target.id) : lineSpan(scan, target.number)
  if (operation === 'replace') return { start, end, text: body }
  return operation === 'append'
    ? { start: end, end, text: ending + body }
    : { start, end: start, text: body + ending }
}

function spanEdit(
  scan: Scan,
  start: number,
  end: number,
  operation: PatchOperation,
  body: string,
  ending: string,
): Edit {
  const { text } = scan
  const isLast = end >= text.length
  if (operation === 'prepend') {
    const gap = start > 0 && text[start - 1] !== '\n' ? ending : ''
    return { start, end: start, text: `${gap}${body}${ending}` }
  }
  // Blank lines before the next heading belong to it; they stay.
  const inner = text.slice(start, end)
  const kept = start + inner.trimEnd().length
  if (operation === 'append' && inner.trim() === '' && start > 0) {
    const gap = text[start - 1] === '\n' ? '' : ending
    return { start, end: start, text: `${gap}${body}${ending}` }
  }
  if (operation === 'append') {
    const gap = kept > 0 && text[kept - 1] !== '\n' ? ending : ''
    const after = text.slice(kept, end)
    return { start: kept, end: kept, text: `${gap}${body}${after === '' && !isLast ? ending : ''}` }
  }
  const lead = /^[ \t]*\r?\n/.exec(inner)?.[0] ?? ''
  const gap = start > 0 && text[start - 1] !== '\n' ? ending : ''
  const after = text.slice(kept, end)
  const tail = after === '' ? (isLast ? '' : ending) : ''
  return {
    start,
    end: Math.max(kept, start),
    text: gap + (inner.trim() === '' ? '' : lead) + body + tail,
  }
}

function appendEdit(scan: Scan, body: string, ending: string, spaced: boolean): Edit {
  const { text } = scan
  const gap = text === '' ? '' : text.endsWith('\n') ? '' : ending
  const blank = spaced && text !== '' && !/\n\r?\n$/.test(text) ? ending : ''
  return { start: text.length, end: text.length, text: `${gap}${blank}${body}${ending}` }
}

/** A heading by the end of its path, such as ["Tasks", "Open"]; letters' case does not matter. */
export function findHeading(scan: Scan, path: string[], mayBeMissing = false): Heading | undefined {
  const wanted = path.map(plain)
  const found = scan.headings.filter((heading) => {
    const own = heading.path.slice(-wanted.length).map(plain)
    return own.length === wanted.length && own.every((part, index) => part === wanted[index])
  })
  if (found.length === 1) return found[0]
  const shown = JSON.stringify(path.join(' > '))
  if (found.length > 1) {
    throw new HubError(
      'ambiguous',
      `${found.length} headings are called ${shown}, on lines ${found.map(({ line }) => line).join(', ')}`,
      {
        hint: 'Give the headings above it too, from the outside in.',
      },
    )
  }
  if (mayBeMissing) return undefined
  const close = nearest(
    path.at(-1) ?? '',
    scan.headings.map(({ text }) => text),
  )
  throw new HubError('not_found', `there is no heading ${shown}`, {
    hint: close
      ? `Did you mean ${JSON.stringify(close)}?`
      : `Headings: ${
          scan.headings
            .slice(0, 20)
            .map(({ text }) => text)
            .join(' | ') || 'none'
        }.`,
  })
}

const plain = (text: string) => text.replace(/[*_`]/g, '').trim().toLowerCase()

function newHeading(scan: Scan, path: string[]): string {
  const parent = path.length > 1 ? findHeading(scan, path.slice(0, -1), true) : undefined
  const level = parent ? Math.min(6, parent.level + 1) : 2
  return `${'#'.repeat(level)} ${(path.at(-1) ?? '').replace(/[\r\n]/g, ' ')}`
}

/** Lines of the paragraph or list item that ends with `^id`. */
export function blockSpan(scan: Scan, id: string): { start: number; end: number } {
  const mark = new RegExp(`(?:^|\\s)\\^${id.replace(/[^A-Za-z0-9-]/g, '')}\\s*$`, 'i')
  const at = scan.lines.findIndex((line) => line.kind === 'text' && mark.test(line.text))
  const last = scan.lines[at]
  if (!last || !/^[A-Za-z0-9-]+$/.test(id)) {
    throw new HubError('not_found', `there is no block ^${id}`)
  }
  let first = at
  const alone = /^\s*\^[A-Za-z0-9-]+\s*$/.test(last.text)
  if (alone) first = Math.max(0, first - 1)
  const isItem = (text: string) => /^\s*(?:[-*+]|\d+[.)])\s/.test(text)
  while (first > 0 && !isItem(scan.lines[first]?.text ?? '')) {
    const before = scan.lines[first - 1]
    if (!before || before.kind === 'front' || isBlockEnd(before)) break
    first--
  }
  return { start: scan.lines[first]?.start ?? last.start, end: last.end }
}

/** A blank line or a heading, but not one within code or mathematics. */
const isBlockEnd = ({ kind, text }: Line): boolean =>
  kind === 'text' && (text.trim() === '' || /^#{1,6}\s/.test(text))

function lineSpan(scan: Scan, number: number): { start: number; end: number } {
  const line = scan.lines[number - 1]
  if (line) return line
  throw new HubError('not_found', `there is no line ${number}; the text has ${scan.lines.length}`)
}
