import type { ParseError } from 'jsonc-parser'
import type { Document } from 'yaml'
import { isDeepStrictEqual } from 'node:util'
import { HubError } from '../../schemas/errors.ts'
import type { Edit } from '../kit/files/edits.ts'
import { lineEnding } from '../kit/files/edits.ts'
import { jsonc, yaml } from '../kit/lazy.ts'
import type { Scan } from '../kit/markdown/scan.ts'

/** The properties of a note. `problem` says why they cannot be changed, though the note can be read. */
export type Properties = { values: Record<string, unknown>; problem: string | undefined }

const maxFrontChars = 256 * 1024
const options = {
  version: '1.2',
  uniqueKeys: true,
  prettyErrors: false,
  logLevel: 'silent',
} as const

export function readProperties({ text, front }: Scan): Properties {
  if (!front) return { values: {}, problem: undefined }
  const source = text.slice(front.start, front.end)
  if (source.length > maxFrontChars)
    return { values: {}, problem: 'the front matter is longer than 256 KiB' }
  if (isJson(source)) {
    const errors: ParseError[] = []
    const value: unknown = jsonc().parse(source, errors, { allowTrailingComma: true })
    return errors.length > 0
      ? { values: {}, problem: 'the front matter is not valid JSON' }
      : { values: asRecord(value), problem: undefined }
  }
  try {
    const document = yaml().parseDocument(source, options)
    const [error] = document.errors
    if (error)
      return {
        values: {},
        problem: `the front matter is not valid YAML: ${error.message.split('\n')[0]}`,
      }
    return { values: asRecord(document.toJS({ maxAliasCount: 50 })), problem: undefined }
  } catch (error) {
    return { values: {}, problem: `the front matter is not valid YAML: ${String(error)}` }
  }
}

/**
 * The edits that set and remove properties, each within the lines of its own key. The result is
 * read again and compared, so that a change which would come out as anything else is refused.
 */
export function propertyEdits(scan: Scan, set: Record<string, unknown>, unset: string[]): Edit[] {
  const before = readProperties(scan)
  if (before.problem !== undefined) {
    throw new HubError('unsupported', before.problem, {
      hint: 'Mend it by hand or with note_patch on its line; the note was left alone.',
    })
  }
  const wanted = { ...before.values, ...set }
  for (const key of unset) delete wanted[key]
  if (isDeepStrictEqual(wanted, before.values)) return []
  const ending = lineEnding(scan.text)
  const { front, text } = scan
  if (!front) {
    const at = text.startsWith('\uFEFF') ? 1 : 0
    return [{ start: at, end: at, text: `---${ending}${block(set, ending)}---${ending}` }]
  }
  const source = text.slice(front.start, front.end)
  const changed = isJson(source)
    ? changedJson(source, set, unset)
    : changedYaml(source, set, unset, ending)
  const after = readProperties({
    ...scan,
    text: `---\n${changed}---\n`,
    front: { start: 4, end: 4 + changed.length, blockEnd: 8 + changed.length },
  })
  if (after.problem !== undefined || !isDeepStrictEqual(after.values, wanted)) {
    throw new HubError(
      'unsupported',
      'these properties are written in a way that cannot be changed in place',
      { hint: 'Change the lines with note_patch.' },
    )
  }
  return [narrow(source, changed, front.start)]
}

/** The smallest single edit that turns one text into the other. */
function narrow(before: string, after: string, offset: number): Edit {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (
    end < before.length - start &&
    end < after.length - start &&
    before.at(-1 - end) === after.at(-1 - end)
  )
    end++
  return {
    start: offset + start,
    end: offset + before.length - end,
    text: after.slice(start, after.length - end),
  }
}

function changedJson(source: string, set: Record<string, unknown>, unset: string[]): string {
  const changes = [...Object.entries(set), ...unset.map((key) => [key, undefined] as const)]
  return changes.reduce(
    (text, [key, value]) =>
      jsonc().applyEdits(
        text,
        jsonc().modify(text, [key], value, {
          formattingOptions: { insertSpaces: true, tabSize: 2 },
        }),
      ),
    source,
  )
}

function changedYaml(
  source: string,
  set: Record<string, unknown>,
  unset: string[],
  ending: string,
): string {
  let text = source
  for (const key of unset) {
    const span = pairSpan(text, key)
    if (span) text = text.slice(0, span.start) + text.slice(span.end)
  }
  for (const [key, value] of Object.entries(set)) {
    const span = pairSpan(text, key)
    const line = block({ [key]: value }, ending)
    if (!span) text = `${text}${text === '' || text.endsWith('\n') ? '' : ending}${line}`
    else if (!isDeepStrictEqual(span.value, value)) text = replaced(text, span, value, line)
  }
  return text
}

/** A plain value is replaced alone, so that a comment after it stays; anything else as whole lines. */
function replaced(text: string, span: Span, value: unknown, line: string): string {
  const scalar =
    typeof value === 'object' ? '' : yaml().stringify(value, { lineWidth: 0 }).trimEnd()
  if (!span.scalar || scalar === '' || scalar.includes('\n'))
    return text.slice(0, span.start) + line + text.slice(span.end)
  return text.slice(0, span.scalar.start) + scalar + text.slice(span.scalar.end)
}

type Span = {
  start: number
  end: number
  value: unknown
  scalar: { start: number; end: number } | undefined
}

/** Lines of one top-level key: from its own line up to that of the next key, comments before it aside. */
function pairSpan(source: string, key: string): Span | undefined {
  const document: Document.Parsed = yaml().parseDocument(source, options)
  const { isMap, isPair, isScalar } = yaml()
  const map = document.contents
  if (!isMap(map) || map.flow === true) return undefined
  const index = map.items.findIndex((pair) => isScalar(pair.key) && String(pair.key.value) === key)
  const pair = map.items[index]
  if (!isPair(pair)) return undefined
  const start = source.lastIndexOf('\n', (pair.key.range[0] ?? 0) - 1) + 1
  const valueEnd = pair.value?.range[1] ?? pair.key.range[2]
  const newline = source.indexOf(
    '\n',
    Math.max(start, valueEnd - (source[valueEnd - 1] === '\n' ? 1 : 0)),
  )
  const [from, to] = [pair.value?.range[0] ?? 0, valueEnd]
  const isPlain = isScalar(pair.value) && to > from && !source.slice(from, to).includes('\n')
  return {
    start,
    end: newline < 0 ? source.length : newline + 1,
    value: pair.value?.toJS(document) ?? null,
    scalar: isPlain ? { start: from, end: to } : undefined,
  }
}

/** Properties as lines in the form that Obsidian itself writes: block lists, quotes where needed. */
function block(values: Record<string, unknown>, ending: string): string {
  return yaml()
    .stringify(values, {
      version: '1.2',
      lineWidth: 0,
      nullStr: '',
      indentSeq: true,
    })
    .replaceAll('\n', ending)
}

const isJson = (source: string) => source.trimStart().startsWith('{')

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
