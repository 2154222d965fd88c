import type { Effect } from '../../schemas/effect.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { AuditEntry } from '../../servers/kit/audit.ts'
import { auditArgs } from '../../servers/kit/audit.ts'
import type { Subjects } from '../../servers/kit/authority.ts'
import type { Context } from '../../servers/kit/context.ts'
import type { Outcome } from './outcome.ts'

/** One call on its way, whoever serves it. */
export type Call = {
  principal: Principal
  /** What the caller asked for, as the audit trail keeps it. */
  name: string
  /** What its metrics are counted under: bounded, so never a caller's own text. */
  label: string
  args: unknown
  /** All it takes to make it later, as JSON. */
  request: unknown
  requestId: string
  signal(): AbortSignal
  /** How long its caller is kept waiting where a person is asked. */
  patienceMs?: number | undefined
  /** Hears the answer of a model while it comes. */
  onAnswerPart?: Context['onAnswerPart']
  /** Facts that authority is decided on, besides who calls and the rules in force. */
  subject(): Omit<Subjects['tool.call'], 'lease' | 'approvals' | 'grants'>
  /** What serves it, where that is no tool of this hub. */
  upstream?: string
  /** Throws where it can only fail, as far as its server's own description says. */
  check?: (() => void) | undefined
  /** What a call does that is no tool's and no upstream's: its input or output is a stream. */
  stream?: { effect: Effect; about: string }
}

export type CallOptions = {
  requestId?: string | undefined
  /** Made only when a tool asks for it: most calls end before anybody could cancel them. */
  signal?: (() => AbortSignal) | undefined
  /** How long a caller is kept waiting where a person is asked. */
  patienceMs?: number | undefined
  /** Hears the answer of a model while it comes. */
  onAnswerPart?: Call['onAnswerPart']
}

/** What a call came to: its value, and what that says of its effect. */
export type Came<T> = { value: T; outcome: Outcome }
export type Done<T> = Came<T> & { /** Whether that is on record. */ isRecorded: boolean }

/** What serves a call. */
export type Run<T> = (call: Call) => Promise<Done<T>>

/** The audit row of a call. */
export const auditRow = (
  {
    principal,
    name,
    upstream,
    stream,
    args,
    requestId,
  }: Pick<Call, 'principal' | 'name' | 'args' | 'requestId' | 'stream'> & {
    upstream?: string | undefined
  },
  outcome: Outcome,
): Omit<AuditEntry, 'at'> => ({
  org: principal.orgs[0] ?? '',
  principal: principal.id,
  tool: name,
  outcome,
  subject: upstream ?? stream?.about,
  args: auditArgs(args),
  requestId,
})

type Tools = { get(name: string): { effect: Effect; scope: Scope } | undefined }

/** What only reads leaves no audit row, unless it is refused. */
export const hasEffect = (tools: Tools, { upstream, stream, name }: Call): boolean =>
  upstream !== undefined || (stream ?? tools.get(name))?.effect !== 'read'

/**
 * Whether a call is on record while it is under way, and as done where no transaction says so. What
 * carries a task on has its rows in its transactions alone: a worker that waits for work, again and
 * again, has done nothing.
 */
export const isTracked = (tools: Tools, call: Call): boolean =>
  hasEffect(tools, call) &&
  (call.upstream !== undefined || tools.get(call.name)?.scope !== 'task:work')
