import type { Principal } from '../../schemas/principal.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { Isolation } from '../../schemas/task.ts'

/** Whether an agent's lease still stands; `none` for credentials that were never bound to one. */
export type LeaseState = 'live' | 'ended' | 'none'

/** What may be asked of the authority: each action with the facts about its subject that decide it. */
export type Subjects = {
  /** Call a tool, own or an upstream's, or read a prompt or resource of an upstream. */
  'tool.call': { name: string; scope: Scope; lease: LeaseState }
  /** Have a tool, prompt or resource shown in a listing. */
  'tool.list': { name: string; scope: Scope }
  /** Act for an org: create in it, list it by name. */
  'org.use': { org: string }
  /** See or touch a row of an org; `task` and `repo` are given where an agent is bound to its own. */
  'row.see': { org: string; task?: string | undefined; repo?: string | undefined }
  /** Have a program run in a pod; `submitter` is given where it is the agent of somebody's task. */
  'pod.start': {
    cluster: string
    isolation: Isolation
    /** Why it is isolated like that. */
    reason: string
    allowUnisolated: boolean
    submitter?: Principal | 'unknown' | undefined
  }
}

export type Action = keyof Subjects

/**
 * The answer to "may this principal do that?". `ask` means that a person has to say yes first, and
 * is possible for `tool.call` alone: the gate holds the call until the answer.
 */
export type Decision =
  | { kind: 'allow' }
  | { kind: 'deny'; reason: string; hint?: string }
  | { kind: 'ask'; question: string }

/** Decides for one principal. Handlers reach it as `ctx.may` and `ctx.ensure`. */
export type Authority = {
  /** Whether it is allowed, for filters and for hiding what may not be seen. */
  may<A extends Action>(action: A, subject: Subjects[A]): boolean
  /** Throws `denied` with the reason and a hint unless it is allowed. */
  ensure<A extends Action>(action: A, subject: Subjects[A]): void
}
