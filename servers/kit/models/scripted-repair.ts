import type { Request } from './scripted-requests.ts'
import { isDone, nextRequest, readRequests } from './scripted-requests.ts'
import type { ToolCall, Transcript } from './scripted-transcript.ts'

export type Move = { thought: string; call?: { tool: string; args: Record<string, unknown> } }
type Edit = { path: string; old: string; new: string }

// Slips that a one-token change repairs. The policy tries them one after another and keeps the one
// that makes the checks pass.
const swaps: [string, string][] = [
  [' - ', ' + '],
  [' + ', ' - '],
  [' * ', ' / '],
  [' / ', ' * '],
  [' < ', ' <= '],
  [' > ', ' >= '],
  [' <= ', ' < '],
  [' >= ', ' > '],
  [' === ', ' !== '],
  [' !== ', ' === '],
  [' == ', ' != '],
  [' && ', ' || '],
  [' || ', ' && '],
  ['true', 'false'],
  ['false', 'true'],
]

/**
 * The next step of the scripted repairer, decided from the transcript alone, so that it resumes
 * anywhere: do what was asked for and answer each comment, then run the checks, read the sources, try one edit after
 * another, undo what did not help, and finish when the checks pass.
 */
export function nextMove({ requests, calls, instructions }: Transcript): Move {
  const check = /^Checks: `(.+)`$/m.exec(instructions)?.[1]
  const last = calls.at(-1)
  if (last?.tool === 'finish') return { thought: 'The work is finished.' }
  const asked = readRequests(
    (requests.at(-1) ?? '').replace(/<(context|earlier-step)\b[\s\S]*?<\/\1>/g, ''),
  )
  const pending = nextRequest(asked, calls)
  if (pending) return pending
  if (check === undefined)
    return finish('No check is known for this project; nothing was verified.')
  if (last?.tool === 'edit' && !currentEdit(calls)) return repair(calls)
  if (last === undefined || ['edit', 'write', 'answer'].includes(last.tool)) return runChecks(check)
  if (last.tool === 'bash')
    return passed(last) ? finish(summary(calls, asked)) : afterFailure(calls)
  return repair(calls)
}

function afterFailure(calls: ToolCall[]): Move {
  const edit = currentEdit(calls)
  if (!edit) return repair(calls)
  const args = { path: edit.path, old: edit.new, new: edit.old }
  return { thought: 'That did not help; I undo it.', call: { tool: 'edit', args } }
}

function repair(calls: ToolCall[]): Move {
  const listed = calls.find((call) => call.tool === 'glob')
  if (!listed) {
    const args = { pattern: '**/*.{js,mjs,ts,py,go,rs}' }
    return { thought: 'The checks fail. I look for the sources.', call: { tool: 'glob', args } }
  }
  const sources = (listed.result ?? '')
    .split('\n')
    .filter((path) => path && !isTest(path))
    .slice(0, 12)
  const unread = sources.find(
    (path) => !calls.some((call) => call.tool === 'read' && call.args.path === path),
  )
  if (unread)
    return { thought: `I read ${unread}.`, call: { tool: 'read', args: { path: unread } } }
  const tried = calls
    .filter((call) => call.tool === 'edit')
    .map((call) => JSON.stringify(call.args))
  const candidate = candidates(calls).find((edit) => !tried.includes(JSON.stringify(edit)))
  if (candidate)
    return {
      thought: `I try ${JSON.stringify(candidate.new.trim())}.`,
      call: { tool: 'edit', args: candidate },
    }
  return { thought: 'None of the repairs that the script knows makes the checks pass. I give up.' }
}

function candidates(calls: ToolCall[]): Edit[] {
  const reads = calls.filter((call) => call.tool === 'read' && call.result !== undefined)
  return reads.flatMap((call) => {
    const lines = (call.result ?? '').split('\n').map((line) => line.replace(/^\s*\d+\t/, ''))
    const unique = lines.filter(
      (line) => lines.filter((other) => other.includes(line)).length === 1,
    )
    return swaps.flatMap(([from, to]) =>
      unique
        .filter((line) => line.includes(from) && !/^\s*(\/\/|#|import|\*)/.test(line))
        .map((line) => ({ path: String(call.args.path), old: line, new: line.replace(from, to) })),
    )
  })
}

/** The edit that stands now: the last one, unless it was the undoing of the one before. */
function currentEdit(calls: ToolCall[]): Edit | undefined {
  const edits = calls.filter((call) => call.tool === 'edit').map(({ args }) => args as Edit) // Our own calls.
  const [before, last] = edits.slice(-2)
  const undone = last && before && last.old === before.new && last.new === before.old
  return undone ? undefined : edits.at(-1)
}

const passed = (call: ToolCall) => /^exit code 0$/m.test(call.result ?? '')
const isTest = (path: string) => /(^|\/)(tests?|spec)\/|[._-](test|spec)\.|_test\./.test(path)
const runChecks = (check: string): Move => ({
  thought: 'I run the checks.',
  call: { tool: 'bash', args: { command: check } },
})
const finish = (text: string): Move => ({
  thought: text,
  call: { tool: 'finish', args: { summary: text } },
})

function summary(calls: ToolCall[], asked: Request[]): string {
  const edit = currentEdit(calls)
  const parts = asked.flatMap(({ edits }) =>
    edits.filter((one) => isDone(one, calls)).map(({ said }) => said),
  )
  if (edit)
    parts.push(`in ${edit.path} replaced \`${edit.old.trim()}\` with \`${edit.new.trim()}\``)
  return `Scripted repair: ${parts.join('; ') || 'nothing had to change'}. The checks pass.`
}
