import type { Move } from './scripted-repair.ts'
import type { ToolCall } from './scripted-transcript.ts'

// What the scripted model understands of a request in words, and how it carries that out.

type Edit = {
  path: string
  /** What was done, for the summary. */
  said: string
  apply(text: string): string
  /** Whether a text has it. */
  holds(text: string): boolean
}

/** What one remark asks for; `number` is that of a comment, which is to be answered. */
export type Request = { number: number | undefined; edits: Edit[] }

const quoted = '["“`]([^"”`\\n]+)["”`]'
const file = '[`]?([\\w./-]*\\w)[`]?'

/** add "TEXT" to FILE, remove "TEXT" from FILE, replace "TEXT" with "TEXT" in FILE, and conflict markers. */
export function readRequests(text: string): Request[] {
  const conflicts = /^.*Conflict markers are in: (.+)$/m.exec(text)?.[1]?.split(', ') ?? []
  const requests: Request[] = [{ number: undefined, edits: conflicts.map(resolving) }]
  for (const line of text.split('\n')) {
    if (line.startsWith('The goal was: ')) continue // A revision has it already.
    const number = /^- #(\d+) /.exec(line)?.[1]
    const edits = editsIn(line)
    if (number !== undefined) requests.push({ number: Number(number), edits })
    else requests.at(-1)?.edits.push(...edits)
  }
  return requests
}

/** The next step towards what was asked for, or undefined when all of it is done and answered. */
export function nextRequest(requests: Request[], calls: ToolCall[]): Move | undefined {
  for (const { number, edits } of requests) {
    const pending = edits.find((edit) => !isDone(edit, calls))
    if (pending) return carryOut(pending, calls)
    if (number === undefined || calls.some((call) => answers(call, number))) continue
    const done = edits.map(({ said }) => said).join('; ')
    const args =
      done === ''
        ? { comment: number, text: 'The script has no policy for that.', declined: true }
        : { comment: number, text: `Done: ${done}.` }
    return { thought: `I answer #${number}.`, call: { tool: 'answer', args } }
  }
  return undefined
}

export const isDone = (edit: Edit, calls: ToolCall[]): boolean =>
  calls.some(
    ({ tool, args }) =>
      tool === 'write' && args.path === edit.path && edit.holds(String(args.content)),
  )

const answers = ({ tool, args }: ToolCall, number: number) =>
  tool === 'answer' && args.comment === number

function carryOut(edit: Edit, calls: ToolCall[]): Move {
  const { path } = edit
  const [read, written] = ['read', 'write'].map((tool) =>
    calls.findLast((call) => call.tool === tool && call.args.path === path),
  )
  if (!read) {
    const args = { path, limit: 2000 }
    return { thought: `Something is asked for in ${path}.`, call: { tool: 'read', args } }
  }
  const before = written ? String(written.args.content) : textRead(read)
  const args = { path, content: edit.apply(before) }
  return { thought: 'I do that.', call: { tool: 'write', args } }
}

function textRead({ result = '' }: ToolCall): string {
  if (result.startsWith('not_found')) return ''
  const lines = result.split('\n').map((line) => line.replace(/^\s*\d+\t/, ''))
  return `${lines.join('\n').trimEnd()}\n`
}

function editsIn(line: string): Edit[] {
  const edits: (Edit & { at: number })[] = []
  for (const found of line.matchAll(new RegExp(`add ${quoted} to ${file}`, 'gi'))) {
    const [, text = '', path = ''] = found
    edits.push({
      at: found.index,
      path,
      said: `added ${JSON.stringify(text)} to ${path}`,
      apply: (before) => `${before}${text}\n`,
      holds: (after) => after.includes(text),
    })
  }
  for (const found of line.matchAll(new RegExp(`remove ${quoted} from ${file}`, 'gi'))) {
    const [, text = '', path = ''] = found
    edits.push({
      at: found.index,
      path,
      said: `removed ${JSON.stringify(text)} from ${path}`,
      apply: (before) => withoutLine(before, text),
      holds: (after) => !after.includes(text),
    })
  }
  for (const found of line.matchAll(
    new RegExp(`replace ${quoted} with ${quoted} in ${file}`, 'gi'),
  )) {
    const [, from = '', to = '', path = ''] = found
    edits.push({
      at: found.index,
      path,
      said: `replaced ${JSON.stringify(from)} with ${JSON.stringify(to)} in ${path}`,
      apply: (before) => before.replaceAll(from, to),
      holds: (after) => after.includes(to),
    })
  }
  return edits.sort((a, b) => a.at - b.at)
}

/** A line that is nothing else goes as a whole. */
const withoutLine = (text: string, part: string) =>
  text
    .split('\n')
    .filter((line) => line.trim() !== part)
    .join('\n')
    .replaceAll(part, '')

/** Keeps what both sides have: ours, then theirs. */
const resolving = (path: string): Edit => ({
  path,
  said: `kept both sides of the conflict in ${path}`,
  apply: (before) => before.replace(/^<{7} .*\n([\s\S]*?)^={7}\n([\s\S]*?)^>{7} .*\n/gm, '$1$2'),
  holds: (after) => !/^(<{7}|>{7}) /m.test(after),
})
