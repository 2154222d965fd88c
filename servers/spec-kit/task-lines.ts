import type { Scan } from '../kit/markdown/scan.ts'
import { scanMarkdown } from '../kit/markdown/scan.ts'

type TaskState = 'open' | 'done' | 'other'

/** One task of a `tasks.md`: where it stands, and what its line says. Ids are opaque strings. */
export type TaskLine = {
  id: string
  line: number
  state: TaskState
  /** The character in the box, and where it is in the text. */
  mark: string
  markAt: number
  parallel: boolean
  /** By its labels, and by the heading of its phase. */
  stories: string[]
  text: string
  /** The lines below that are indented deeper, as they stand: the rest of a long text, or points of it. */
  details: string
  phase: string
  phaseLine: number
  dependsOn: string[]
}

export type TasksDocument = {
  scan: Scan
  tasks: TaskLine[]
  /** Ids that several lines carry, with the lines. */
  duplicates: Map<string, number[]>
  /** Lines that name a task id where no task can be, such as tables and headings. */
  unparsed: { line: number; text: string }[]
}

const box = /^([ \t>]*(?:[-*+]|\d+[.)])[ \t]+\[)([^\]\r\n])\][ \t]+(.*)$/u
const plainId = String.raw`T[-_]?\d+(?:[.\-_/–+&]?[A-Za-z0-9]+)*`
const idForm = new RegExp(String.raw`^(?:\*\*|__|\`|~~)?(${plainId})(?:\*\*|__|\`|~~)?[:.]?[ \t]*`)
/** Signs that some put between box and id, such as 🟢 or ✅. */
const signs = /^(?:(?![|`~<>])[\p{S}\p{M}\p{Cf}!•·–—-]+[ \t]*){1,3}/u
/** An id that a task waits for; a range such as T001-T003 names its ends. */
const namedId = /\bT[-_]?\d+(?:[.\-_/]?(?!T\d)[A-Za-z0-9]+)*/g
const label = /^\[([^\]]{1,60})\][ \t]*/
const anyId = /\bT\d{3,}[a-z]?\b/
const detailsChars = 4000

/** Reads `tasks.md` into spans. Nothing is normalised: every answer points back into the text. */
export function readTasks(text: string): TasksDocument {
  const scan = scanMarkdown(text)
  const tasks: TaskLine[] = []
  const unparsed: TasksDocument['unparsed'] = []
  const phases = scan.headings.filter((heading) => heading.level === 2 || isPhase(heading.text))
  let next = 0
  let phase = { text: '', line: 0 }
  for (const line of scan.lines) {
    for (; (phases[next]?.line ?? Infinity) <= line.number; next++) phase = phases[next] ?? phase
    if (line.kind !== 'text') continue
    const found = box.exec(line.text)
    const parsed = found ? parseRest(found[3] ?? '') : undefined
    if (found && parsed) {
      const mark = found[2] ?? ' '
      const markAt = line.start + (found[1]?.length ?? 0)
      const details = detailsBelow(scan, line.number)
      tasks.push({
        ...parsed,
        stories: [...new Set([...parsed.stories, ...storiesIn(phase.text)])],
        details,
        dependsOn: dependsOn(`${parsed.text}\n${details}`),
        line: line.number,
        mark,
        markAt,
        state: stateOf(mark),
        phase: phase.text,
        phaseLine: phase.line,
      })
    } else if (
      !found &&
      /^\s*(\||#{1,6}\s)/.test(line.text) &&
      anyId.test(line.text) &&
      !isPhase(line.text)
    ) {
      unparsed.push({ line: line.number, text: line.text.trim().slice(0, 200) })
    }
  }
  return { scan, tasks, duplicates: findDuplicates(tasks), unparsed }
}

function parseRest(
  rest: string,
): Pick<TaskLine, 'id' | 'parallel' | 'stories' | 'text'> | undefined {
  const before = readLabels(rest.replace(signs, ''))
  const found = idForm.exec(before.text.replace(signs, ''))
  if (!found?.[1]) return undefined
  const after = readLabels(before.text.replace(signs, '').slice(found[0].length))
  return {
    id: found[1],
    parallel: before.parallel || after.parallel,
    stories: [...before.stories, ...after.stories],
    text: after.text.trim(),
  }
}

const dependsOn = (text: string): string[] =>
  /depends\s+on:?\s+((?:[^).;]|\.(?=\S))+)/i.exec(text)?.[1]?.match(namedId) ?? []

/** What stands below a task and is indented deeper, until the next task or less indented line. */
function detailsBelow({ lines }: Scan, number: number): string {
  const depth = indentOf(lines[number - 1]?.text ?? '')
  const below: string[] = []
  for (const { text } of lines.slice(number, number + 200)) {
    const isBlank = text.trim() === ''
    const task = box.exec(text)
    if (!isBlank && (indentOf(text) <= depth || (task && parseRest(task[3] ?? '')))) break
    below.push(isBlank ? '' : text.slice(depth))
  }
  return below.join('\n').trimEnd().slice(0, detailsChars)
}

const indentOf = (text: string): number => /^[ \t>]*/.exec(text)?.[0].length ?? 0

/** Takes `[P]`, `[US1]` and `[US1, US2]` off the beginning. */
function readLabels(text: string): { text: string; parallel: boolean; stories: string[] } {
  const labels = { text, parallel: false, stories: [] as string[] }
  for (let token = label.exec(text); token; token = label.exec(labels.text)) {
    const parts = (token[1] ?? '').split(/[,+/&]|\sand\s/).map((part) => part.trim())
    if (!parts.every((part) => part === 'P' || /^US\d+$/i.test(part))) break
    for (const part of parts)
      if (part === 'P') labels.parallel = true
      else labels.stories.push(part.toUpperCase())
    labels.text = labels.text.slice(token[0].length)
  }
  return labels
}

const storiesIn = (phase: string): string[] =>
  [...phase.matchAll(/(?:user stor(?:y|ies)\s+|\bUS-?)(\d+)/gi)].map(([, number]) => `US${number}`)

const isPhase = (text: string) => /^#*\s*Phase\s+\S+/i.test(text)

const stateOf = (mark: string): TaskState =>
  mark === ' ' ? 'open' : mark === 'x' || mark === 'X' ? 'done' : 'other'

function findDuplicates(tasks: TaskLine[]): Map<string, number[]> {
  const lines = new Map<string, number[]>()
  for (const { id, line } of tasks) lines.set(id, [...(lines.get(id) ?? []), line])
  return new Map([...lines].filter(([, found]) => found.length > 1))
}

/** The character for "done" that this file uses most; `X`, as Spec-Kit writes it, when it uses none. */
export function doneMark(tasks: TaskLine[]): 'x' | 'X' {
  const small = tasks.filter(({ mark }) => mark === 'x').length
  const large = tasks.filter(({ mark }) => mark === 'X').length
  return small > large ? 'x' : 'X'
}

/** The number in `T012`, `T-12` or `T012a`; 0 for ids that have none of that form. */
export const idNumber = (id: string): number => Number(/^T[-_]?(\d+)/.exec(id)?.[1] ?? 0)

/** The number in `## Phase 3: …`, or 0. */
export const phaseNumber = (phase: string): number =>
  Number(/^Phase\s+(\d+)/i.exec(phase)?.[1] ?? 0)
