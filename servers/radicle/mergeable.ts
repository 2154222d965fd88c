import type { ConflictFile, Mergeable } from '../../schemas/change.ts'
import type { ReviewPolicy } from '../../schemas/review-policy.ts'
import type { CheckResult } from '../../schemas/task.ts'
import type { StoredReview } from './store/reviews.ts'

/** What decides whether a change may be merged. */
export type Facts = {
  state: 'open' | 'merged' | 'closed'
  isDraft: boolean
  /** Number of the last revision; only what was said of that one counts. */
  revision: number
  checks: Pick<CheckResult, 'name' | 'state'>[]
  reviews: Pick<StoredReview, 'revision' | 'reviewer' | 'verdict' | 'kind' | 'isAuthor'>[]
  /** Open comments that have to be settled first. */
  required: number
  /** What asks for work and no attempt has read. */
  pending: number
  target: {
    name: string
    isMoved: boolean
    conflicts: ConflictFile[]
    /** What the checks said of the change merged with the target, both as they are now. */
    check?: 'running' | 'passed' | 'failed' | undefined
  }
}

type Policy = Pick<
  ReviewPolicy,
  'required' | 'selfReview' | 'botCounts' | 'strategy' | 'checksOnMerge'
>

/** Why an approval does not count: it is of who asked for the work, or of an agent, and the policy has no such. */
export function whyUncounted(
  { kind, isAuthor }: Pick<StoredReview, 'kind' | 'isAuthor'>,
  policy: Pick<ReviewPolicy, 'selfReview' | 'botCounts'>,
): string | undefined {
  const off = (setting: string) => `\`orgs.NAME.review.${setting}\` in switchyard.json is false`
  if (isAuthor && !policy.selfReview)
    return `its reviewer asked for the work, and ${off('selfReview')}`
  if (kind === 'agent' && !policy.botCounts) return `an agent gave it, and ${off('botCounts')}`
  return undefined
}

/**
 * Decides by the policy of the org. Without a number of required approvals whoever may merge decides:
 * what reviewers said is shown, and only failed checks and conflicts stand in the way.
 */
export function judge(facts: Facts, policy: Policy): Mergeable {
  const { revision, target } = facts
  const last = new Map<string, Facts['reviews'][number]>()
  for (const review of facts.reviews)
    if (review.revision === revision) last.set(review.reviewer, review)
  const verdicts = [...last.values()]
  const approvals = verdicts.filter(
    (review) => review.verdict === 'accept' && whyUncounted(review, policy) === undefined,
  ).length
  // Who asked for the work may well object to it, though not approve of it.
  const objections = verdicts.filter(
    ({ verdict, kind }) => verdict === 'request_changes' && (kind !== 'agent' || policy.botCounts),
  )
  const failed = facts.checks.filter(({ state }) => state === 'failed').map(({ name }) => name)
  const decides = policy.required !== undefined
  const missing = (policy.required ?? 0) - approvals
  const reasons: Mergeable['reasons'] = []
  const add = (
    holds: boolean,
    code: (typeof reasons)[number]['code'],
    message: string,
    blocks = true,
  ) => {
    if (holds) reasons.push({ code, message, blocks })
  }
  add(facts.state !== 'open', 'not_open', `it is ${facts.state}`)
  add(facts.isDraft, 'draft', 'it is a draft')
  add(
    missing > 0,
    'approvals_missing',
    `revision ${revision} has ${approvals} of ${policy.required} approvals that count`,
  )
  add(
    objections.length > 0,
    'changes_requested',
    `${objections.map(({ reviewer }) => reviewer).join(', ')} asked for changes in revision ${revision}`,
    decides,
  )
  const open = Math.max(facts.required, facts.pending)
  add(
    open > 0,
    'comments_open',
    `${open} ${open === 1 ? 'request is' : 'requests are'} not settled`,
    decides,
  )
  add(failed.length > 0, 'checks_failed', `failed checks: ${failed.join(', ')}`)
  const paths = target.conflicts.map(({ path }) => path)
  add(paths.length > 0, 'conflict', `it conflicts with ${target.name} in ${paths.join(', ')}`)
  add(
    target.isMoved,
    'target_moved',
    `${target.name} has moved on since revision ${revision} was made`,
    policy.strategy === 'fast_forward',
  )
  const { check } = target
  const said = { running: 'are running', failed: 'failed', passed: 'passed' }
  add(
    policy.checksOnMerge && target.isMoved && paths.length === 0 && check !== 'passed',
    'merge_unchecked',
    `checks on it merged with ${target.name} ${check ? said[check] : 'have not run; change_check runs them'}`,
  )
  const ready = reasons.every(({ blocks }) => !blocks)
  return { ready, approvals, ...(decides ? { required: policy.required } : {}), reasons }
}
