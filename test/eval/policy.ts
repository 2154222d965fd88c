import type { Case, Edit } from './case.ts'

/** What the model wants done, in no program's dialect. */
export type Move =
  | { kind: 'run'; command: string }
  | { kind: 'read'; path: string }
  | { kind: 'edit'; path: string; old: string; new: string }
  | { kind: 'write'; path: string; content: string }
  | { kind: 'finish'; summary: string }
  | { kind: 'say'; text: string }

/** A move that was made, and what came back. */
export type Made = { move: Move; result: string }

type Script = Generator<Move, void, string>

/**
 * The next move, decided from the transcript alone: the script is played from its beginning with the
 * results so far. So it reacts to what tools answer, and goes on anywhere after a crash.
 */
export function nextMove(known: Case, request: string, made: Made[]): Move {
  const script = solve(known, request)
  let step = script.next()
  for (const { result } of made) {
    if (step.done) break
    step = script.next(result)
  }
  return step.done ? { kind: 'say', text: 'There is nothing left to do.' } : step.value
}

function* solve(known: Case, request: string): Script {
  const { check, reads, review, meanwhile } = known
  if (meanwhile && /conflict/i.test(request)) return yield* settle(known, meanwhile.settled)
  const isRevision = review !== undefined && request.includes(review.body)
  const attempts = isRevision ? review.attempts : known.attempts
  yield { kind: 'run', command: check }
  for (const path of reads) yield { kind: 'read', path }
  for (const attempt of attempts) {
    for (const edit of attempt) yield apply(edit)
    const checked = yield { kind: 'run', command: check }
    if (hasPassed(checked)) {
      const ended = yield { kind: 'finish', summary: `${known.goal} Checked with: ${check}` }
      if (!ended.startsWith('conflict')) return
    }
    for (const edit of attempt.toReversed()) yield undo(edit, known.files)
  }
  yield { kind: 'say', text: `Nothing that I tried makes \`${check}\` pass, so I give up.` }
}

function* settle({ check }: Case, files: Record<string, string>): Script {
  for (const path of Object.keys(files)) yield { kind: 'read', path }
  for (const [path, content] of Object.entries(files)) yield { kind: 'write', path, content }
  yield { kind: 'run', command: check }
  yield { kind: 'finish', summary: 'Both sides are kept.' }
}

const apply = (edit: Edit): Move =>
  'content' in edit
    ? { kind: 'write', path: edit.path, content: edit.content }
    : { kind: 'edit', ...edit }

function undo(edit: Edit, files: Case['files']): Move {
  if (!('content' in edit)) return { kind: 'edit', path: edit.path, old: edit.new, new: edit.old }
  const content = files[edit.path]
  return content === undefined
    ? { kind: 'run', command: `rm -f '${edit.path}'` }
    : { kind: 'write', path: edit.path, content }
}

/** The built-in loop is told the exit code; of others it is the words of the checks that say how it went. */
const hasPassed = (result: string): boolean =>
  /^exit code 0\b/.test(result) ||
  !/exit code|exited with|failed|FAIL|Error/i.test(result.replace(noneFailed, ''))

/** What reports say where nothing failed: `fail 0`, `0 failed`, `errors=0`. */
const noneFailed =
  /\b(?:fail(?:ed|ures?)?|errors?)\s*[:=]?\s*0\b|\b0 (?:failed|failures?|errors?)\b/gi
