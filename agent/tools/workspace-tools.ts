import type { ToolSet } from 'ai'
import { tool } from 'ai'
import type { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { bash, finish, todo } from './actions.ts'
import { context } from './context.ts'
import { answer, commit } from './discussion.ts'
import { edit, read, write } from './files.ts'
import { glob, grep } from './search.ts'

/** What the tools of one attempt share. */
export type Bench = {
  root: string
  signal: AbortSignal
  log(stream: 'out' | 'err' | 'agent', bytes: Buffer): Promise<void>
  /** Asks the hub's context store. */
  search(query: string): Promise<{
    items: { cite: string; heading: string; text: string }[]
    degraded: string[]
  }>
  /** Runs the project's checks and says how they went. */
  check(): Promise<{ passed: boolean; report: string }>
  /** Commits what has changed, if anything has, and returns the head. */
  commit(message: string): Promise<{ head: string; committed: boolean }>
  /** Numbers of the comments that ask for work, and the commit that they are about. */
  comments: number[]
  reviewed: string | undefined
  /** Called with the summary once the work is accepted as finished. */
  finish(summary: string): void
}

/** A tool of the loop: its words for the model, its input, and what it does. */
export type LoopTool<Input extends z.ZodType, Needs = Bench> = {
  description: string
  input: Input
  run(input: z.output<Input>, bench: Needs): Promise<string>
}

/** A tool of whatever input, for a list of them. */
type LoopToolOf<Needs> = {
  description: string
  input: z.ZodType
  run(input: never, bench: Needs): Promise<string>
}

const maxAnswerChars = 16_000

/** The tools of the built-in loop, jailed to the workspace. A failure is an answer the model reads. */
export function workspaceTools(bench: Bench): ToolSet {
  const work = { read, write, edit, grep, glob, bash, todo, context, commit, finish }
  return loopTools(bench.comments.length > 0 ? { ...work, answer } : work, bench)
}

/** What the tools of any loop need: where to work, when to stop, where to say what is called. */
type Base = Pick<Bench, 'signal' | 'log'>

/** Tools as the loop's library takes them. */
export function loopTools<B extends Base>(
  tools: Record<string, LoopToolOf<NoInfer<B>>>,
  bench: B,
): ToolSet {
  const entries = Object.entries(tools).map(([name, definition]) => {
    const run = definition.run as (input: unknown, bench: B) => Promise<string> // Called with what its own schema parsed.
    return [
      name,
      tool({
        description: definition.description,
        inputSchema: definition.input,
        execute: async (input: unknown) => {
          bench.signal.throwIfAborted()
          await bench.log('agent', Buffer.from(`${name} ${shorten(JSON.stringify(input))}\n`))
          const answer = await run(input, bench).catch(explain)
          return answer.length > maxAnswerChars
            ? `${answer.slice(0, maxAnswerChars)}\n[cut: ${answer.length} characters in all]`
            : answer
        },
      }),
    ] as const
  })
  return Object.fromEntries(entries)
}

function explain(error: unknown): string {
  if (error instanceof HubError && error.code !== 'canceled')
    return `${error.code}: ${error.message}${error.hint ? ` (${error.hint})` : ''}`
  const { code, message } = error as NodeJS.ErrnoException // Read with care: both may be missing.
  if (code === 'ENOENT') return `not_found: ${message}`
  if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EACCES') return `invalid: ${message}`
  throw error
}

const shorten = (text: string) =>
  text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text
