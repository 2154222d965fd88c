import { randomUUID } from 'node:crypto'
import type { Effect } from '../../schemas/effect.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { Decision } from '../../servers/kit/authority.ts'
import type { Call } from './call.ts'

/** What somebody wants to do whose input or output is a stream, such as a push to a task's branch. */
export type Streamed = {
  principal: Principal
  /** As rules and the audit trail name it; no tool has that name. */
  name: string
  effect: Effect
  scope: Scope
  /** What it is about, as the audit trail keeps it. */
  about: string
  args: Record<string, unknown>
  signal(): AbortSignal
}

export const streamedCall = ({
  principal,
  name,
  effect,
  scope,
  about,
  args,
  signal,
}: Streamed): Call => ({
  principal,
  name,
  label: name,
  args,
  request: args,
  requestId: randomUUID(),
  signal,
  subject: () => ({ name, scope, effect }),
  stream: { effect, about },
})

/** Nobody can be asked first: the stream is not there any more when the answer comes. */
export const unasked = ({ name }: Pick<Call, 'name'>): Decision => ({
  kind: 'deny',
  reason: `a rule of this hub has a person asked about ${name}, which cannot wait`,
  hint: 'Allow it in `approvals` of switchyard.json; commit_create can be asked about.',
})
