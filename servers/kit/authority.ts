import type { ApprovalGrant, ApprovalKind } from '../../schemas/approval.ts'
import type { BudgetScope } from '../../schemas/budget.ts'
import type { ApprovalRule } from '../../schemas/config.ts'
import type { Effect } from '../../schemas/effect.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { Isolation, Provenance } from '../../schemas/task.ts'

/** Whether an agent's lease still stands; `none` for credentials that were never bound to one. */
export type LeaseState = 'live' | 'ended' | 'none'

/** What is called; `granted` says of an upstream's that the caller's org gave it to its agents. */
type ToolSubject = { name: string; scope: Scope; granted?: boolean }

/** What may be asked of the authority: each action with the facts about its subject that decide it. */
export type Subjects = {
  /** Call a tool, own or an upstream's, or read a prompt or resource of an upstream. */
  'tool.call': ToolSubject & {
    lease: LeaseState
    /** Unknown for what is no tool of this hub. */
    effect?: Effect | undefined
    /** The rules in force about calls that wait for a person. */
    approvals: ApprovalRule[]
    /** Yeses that stand for calls of this tool; looked up where a rule asks. */
    grants?: ApprovalGrant[]
    /** Of a call that comes from the chat: which tools its org lets the assistant use. */
    chat?: { allow: string[]; deny: string[] } | undefined
  }
  /** Have a tool, prompt or resource shown in a listing. */
  'tool.list': ToolSubject
  /** Act for an org: create in it, list it by name. */
  'org.use': { org: string }
  /**
   * See or touch a row of an org; `task` and `repo` are given where an agent is bound to its own,
   * `parent` where it may also look at what it had others do, and `isHanded` where `task` left it
   * something to go on from.
   */
  'row.see': {
    org: string
    task?: string | undefined
    parent?: string | undefined
    isHanded?: boolean
    repo?: string | undefined
  }
  /** Submit a task on a repository, or on none, with so many inputs of other tasks. */
  'task.submit': { repo: string | undefined; inputs: number }
  /** End a task for good. */
  'task.cancel': { task: string }
  /** Say in the place of the hub what asked for a task. */
  'provenance.set': { via: Provenance['via'] }
  /** Have several tasks done that depend on one another. */
  'plan.create': { org: string }
  /**
   * Work under the name of an agent; `owner` is who registered it, if somebody did, `isTaken` whether a
   * credential has that name.
   */
  'agent.work': { agent: string; owner: string | undefined; isTaken: boolean }
  /** Leave a task of an org to an external agent; `orgs` are the only ones that may, where some are named. */
  'runner.use': { runner: string; org: string; orgs: string[] | undefined }
  /** Have the org work with a repository of this machine that it has not worked with. */
  'repository.add': { org: string; path: string }
  /** Work in the worktree and on the branch of a task; without one, on branches of no task. */
  'workspace.use': { task: string | undefined }
  /** Send commits of one's own to the branch of a task. */
  'workspace.push': { task: string }
  /** Answer what is asked of people; `selfApproval` is whether the org lets who asked do so. */
  'approval.answer': {
    kind: ApprovalKind
    decision: 'approve' | 'deny'
    askedBy: string
    selfApproval: boolean
  }
  /** Read a change; `task` is the one whose work it proposes. */
  'change.see': { org: string; change: string; task: string | undefined }
  /** Give a verdict on a change, or ask for work on it; `task` is the one whose work it proposes. */
  'change.review': { change: string; task: string | undefined }
  /** Merge a change that its reviews or checks speak against. */
  'change.force': { change: string }
  /** Take in a change that somebody else proposed where the repository is kept. */
  'change.import': { org: string }
  /** Submit a task on the authority of whoever submitted another one. */
  'task.delegate': { of: string }
  /** Count a verdict that somebody gave a change at its provider; `isMaintainer` is what it says of them. */
  'verdict.import': { isMaintainer: boolean }
  /** Have a path of the hub's machine read into the context store; `known` when its org works with it. */
  'source.add': { path: string; known: boolean }
  /** Let an org run what a repository defines as templates of tasks. */
  'template.trust': { org: string; repo: string }
  /** Change a checklist of a feature. */
  'checklist.change': { document: string }
  /** Change a trigger, or have it fire; `maker` is on whose authority it acts. */
  'trigger.change': { org: string; maker: string }
  /** Talk in a conversation, or read it; `owner` is who began it. */
  'chat.use': { org: string; owner: string }
  /** Say what may be spent. */
  'budget.set': { scope: BudgetScope; org: string }
  /** Say which clusters the hub works with: it then uses a credential, or runs a program, of its machine. */
  'cluster.change': { cluster: string }
  /** Have a program run in a pod; `submitter` is given where it is the agent of somebody's task. */
  'pod.start': {
    cluster: string
    isolation: Isolation
    /** Why it is isolated like that. */
    reason: string
    allowUnisolated: boolean
    /** Whose pod it is, and the orgs that the cluster is for, where it is not for all. */
    org?: string | undefined
    orgs?: string[] | undefined
    submitter?: Principal | 'unknown' | undefined
    /** Whether it is only explained, for the submitter where one is given, and nothing is started. */
    isExplained?: boolean
  }
  /** Have a peer carry out what the submitter asked for; without one, what the caller asks for. */
  'peer.use': {
    peer: string
    /** Whether the submitter's org gave that peer to its agents. */
    granted: boolean
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
