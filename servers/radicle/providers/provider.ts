import type { ChangeComment, ChangeReview } from '../../../schemas/change.ts'
import type { Repository, RepositoryElsewhere } from '../../../schemas/repo.ts'
import type { MergeStrategy } from '../../../schemas/review-policy.ts'
import type { Context } from '../../kit/context.ts'

/**
 * One repository where it is kept, with the changes proposed to it: Git on this machine, a Radicle
 * node, a forge with an HTTP interface.
 *
 * Who knows what. The provider is the authority on branches and commits, and on whether a change is
 * in its target branch. The hub's rows are the authority on all else that tools answer: which task a
 * change belongs to, its state, its revisions with their checks, its comments and reviews. A provider
 * that keeps changes of its own (a Radicle patch, a pull request) mirrors them: it is told first and
 * the row follows, so no row says what the provider refused. What others say and do there comes in by
 * `watch` and `incoming`, and is written to the rows once each by who calls them.
 *
 * After a crash between the provider and the row the call is sent again and finds what the first one
 * did instead of doing it twice; a comment or a review does so where it has a key (`known`). `by` is the principal that
 * acts, for providers where each has an identity of its own (a Radicle key, a forge account). A
 * provider that cannot do what is asked throws a typed error, such as `conflict` with who is missing
 * where a target branch moves only on a quorum of delegates.
 *
 * Worktrees of agents are no part of this: they are Git, in the hub's own copy, for every provider.
 */
export type ChangeProvider = {
  /** The branch that work starts from when none is named. */
  currentBranch(): Promise<string>
  /** Branches with their heads, the latest first. */
  branches(): Promise<Branch[]>
  /** Brings the hub's copy, cloned when it is missing, up to date with all branches and tags. */
  refresh(): Promise<void>
  /** Makes a branch that no task owns, not checked out; one at another commit is refused. */
  createBranch(name: string, commit: string, by: string): Promise<void>
  /** Makes a task branch of the hub's copy appear there. It is the hub's own, so it may be rewritten. */
  publishBranch(branch: string, by: string): Promise<void>
  /** Opens the change with that key, or brings the one it finds to `head`. */
  propose(proposal: Proposal): Promise<Handles>
  /** Returns what it is called there, where that is all it can be told by. */
  comment(
    change: ProvidedChange,
    comment: Pick<ChangeComment, 'id' | 'body' | 'path' | 'line'> & By & Again,
  ): Promise<string | undefined>
  /** The verdict holds for this revision, not for later ones. */
  review(
    change: ProvidedChange,
    review: Pick<ChangeReview, 'id' | 'verdict' | 'body'> & By & Again,
  ): Promise<void>
  /** Brings the change into its target and returns the commit there that carries it. */
  merge(change: ProvidedChange, options: MergeOptions): Promise<string>
  close(change: ProvidedChange, options: { reason: string } & By): Promise<void>
  /** Says there that it is a draft, or that it is ready for review. */
  setDraft(change: ProvidedChange, options: { isDraft: boolean } & By): Promise<void>
  /**
   * A change that somebody else proposed there, with its commits in the hub's copy; undefined where
   * nothing is called so. For local Git it is a branch, called by its name.
   */
  proposal(handle: string): Promise<ForeignChange | undefined>
  /** What the provider calls the repository, and who may move its branches. */
  about?(): Promise<RepositoryElsewhere>
  /**
   * A mark for each of these changes, by handle: another one once something was said or done there,
   * by whomever. It is asked often, for all open changes of the repository at once.
   */
  watch?(handles: string[]): Promise<Map<string, string>>
  /** The changes that are open there, whoever proposed them, the latest first; no more than that many. */
  proposed?(limit: number): Promise<ProposedThere[]>
  /** All that others said of a change there, the oldest first, and what became of it. */
  incoming?(change: ProvidedChange): Promise<Incoming>
}

/** A kind of provider: how to tell its repositories, and how to work with one. */
export type ProviderKind = {
  /** What the `provider` column of its repositories says. */
  name: string
  /** Whether the repository at that path is of this kind. */
  recognises(ctx: ProviderContext, path: string): Promise<boolean>
  open(ctx: ProviderContext, repository: Pick<Repository, 'id' | 'org' | 'path'>): ChangeProvider
}

/** What a provider may use of a call: where its files go, how it is configured, who acts, when to stop. */
export type ProviderContext = Pick<
  Context,
  'dataDir' | 'config' | 'signal' | 'principal' | 'log' | 'clock'
>

/** What somebody else said of a change at its provider. */
export type Remark = {
  /** What the provider calls it; one that is known is not taken in again. */
  handle: string
  /** Who said it, with the provider's name before it, such as `radicle:z6Mk…`. */
  author: string
  /** Whether that one may decide there what is merged. */
  isMaintainer: boolean
  body: string
  path?: string
  line?: number
  /** What the provider calls the revision it is about; without it, the last one is meant. */
  revision?: string
  verdict?: 'accept' | 'request_changes'
}

export type Incoming = {
  remarks: Remark[]
  /** Whether it is a draft there, where the provider knows drafts. */
  isDraft?: boolean
  outcome?: { state: 'merged'; mergedAs: string; by: string } | { state: 'closed'; by: string }
}

/** A change of somebody else's as it is taken in. */
export type ForeignChange = {
  handle: string
  title: string
  body: string
  /** Who proposed it, with the provider's name before it. */
  author: string
  /** What the hub's copy calls its head. */
  branch: string
  /** The branch that it is for, where the provider says. */
  target?: string
  /** Whether it is a draft there, where the provider knows drafts. */
  isDraft?: boolean
  state: 'open' | 'merged' | 'closed'
  /** Those of its author, the oldest first, as far as the provider keeps them; the last is at its head. */
  revisions: { handle: string; head: string; summary: string }[]
}

/** A change as its provider has it; the hub may know nothing else of it. */
export type ProposedThere = {
  handle: string
  title: string
  /** Who proposed it, with the provider's name before it. */
  author: string
  head: string
  isDraft: boolean
  updatedAt?: number
  url?: string
}

export type Branch = { name: string; head: string; at: number }

/** What a provider calls a change and its revision, such as the ids of a patch; local Git has no names. */
export type Handles = { change?: string; revision?: string }

export type Proposal = By & {
  /** Id of the task. A task has one change, so a provider looks for it before it makes one. */
  key: string
  title: string
  body: string
  summary: string
  branch: string
  target: string
  base: string
  head: string
  /** What the provider called the change when it was opened. */
  handle: string | undefined
  /** Whether it is opened as a draft; one that is there stays what it is. */
  isDraft: boolean
}

/** A change that was proposed, at one of its revisions. */
export type ProvidedChange = {
  id: string
  title: string
  body: string
  branch: string
  target: string
  head: string
  /** Time of that revision: what is made from it has the same dates, and so the same hash, each time. */
  proposedAt: number
  handle: string | undefined
  revisionHandle: string | undefined
  /** Whether somebody else proposed it, and the hub took it in. */
  isImported: boolean
}

export type MergeOptions = By & {
  strategy: MergeStrategy
  /** Fast-forward clean checkouts of the target too, instead of refusing while there are any. */
  updateCheckout: boolean
}

type By = { by: string }

/**
 * Of a call that is sent again: what it says may be there already, so it is looked for. `known` is what
 * the provider has that is something else.
 */
type Again = { known: ReadonlySet<string> | undefined }
