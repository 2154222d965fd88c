import { expect, test } from 'vitest'
import type { Mergeable } from '../../../schemas/change.ts'
import { ReviewPolicy } from '../../../schemas/review-policy.ts'
import type { Facts } from '../../../servers/radicle/mergeable.ts'
import { judge } from '../../../servers/radicle/mergeable.ts'

type Review = Facts['reviews'][number]

const review = (given: Partial<Review>): Review => ({
  ...{ revision: 2, reviewer: 'dora', verdict: 'accept', kind: 'user', isAuthor: false },
  ...given,
})
const no = { verdict: 'request_changes' } as const
const bot = { kind: 'agent', reviewer: 'agent-2' } as const
const own = { reviewer: 'owner', isAuthor: true }

const facts: Facts = {
  state: 'open',
  isDraft: false,
  revision: 2,
  checks: [{ name: 'test', state: 'passed' }],
  reviews: [],
  required: 0,
  pending: 0,
  target: { name: 'main', isMoved: false, conflicts: [] },
}
type Codes = Mergeable['reasons'][number]['code'][]
const failed = { checks: [{ name: 'test', state: 'failed' as const }] }
const conflict = {
  target: { name: 'main', isMoved: true, conflicts: [{ path: 'a.js', hunks: [] }] },
}
const moved = { target: { name: 'main', isMoved: true, conflicts: [] } }

const checked = (check: 'passed' | 'failed') => ({ target: { ...moved.target, check } })

/** What is the case, the policy, how many approvals count, and what keeps it from being merged. */
const cases: [string, Partial<Facts>, Partial<ReviewPolicy>, number, Codes][] = [
  ['without a policy whoever may merge decides', {}, {}, 0, []],
  ['objections are only shown then', { reviews: [review(no)], required: 1 }, {}, 0, []],
  ['but failed checks stand in the way', failed, {}, 0, ['checks_failed']],
  ['and conflicts', conflict, {}, 0, ['conflict']],
  ['what is merged is not merged again', { state: 'merged' }, {}, 0, ['not_open']],
  ['a moved target does not matter', moved, {}, 0, []],
  ['unless nothing may be added', moved, { strategy: 'fast_forward' }, 0, ['target_moved']],
  ['or the org wants it checked', moved, { checksOnMerge: true }, 0, ['merge_unchecked']],
  ['which failed', checked('failed'), { checksOnMerge: true }, 0, ['merge_unchecked']],
  ['or passed', checked('passed'), { checksOnMerge: true }, 0, []],
  ['one approval is missing', {}, { required: 1 }, 0, ['approvals_missing']],
  ['and is there', { reviews: [review({})] }, { required: 1 }, 1, []],
  ['none is needed', {}, { required: 0 }, 0, []],
  [
    'of an older revision it does not count',
    { reviews: [review({ revision: 1 })] },
    { required: 1 },
    0,
    ['approvals_missing'],
  ],
  [
    'two of one person are one',
    { reviews: [review({}), review({})] },
    { required: 2 },
    1,
    ['approvals_missing'],
  ],
  [
    'two of two are two',
    { reviews: [review({}), review({ reviewer: 'max' })] },
    { required: 2 },
    2,
    [],
  ],
  [
    'of who asked for the work it does not count',
    { reviews: [review(own)] },
    { required: 1 },
    0,
    ['approvals_missing'],
  ],
  ['unless the org says so', { reviews: [review(own)] }, { required: 1, selfReview: true }, 1, []],
  [
    'of an agent it does not count',
    { reviews: [review(bot)] },
    { required: 1 },
    0,
    ['approvals_missing'],
  ],
  ['unless the org says so', { reviews: [review(bot)] }, { required: 1, botCounts: true }, 1, []],
  [
    'an objection outweighs approvals',
    { reviews: [review({}), review({ ...no, reviewer: 'max' })] },
    { required: 1 },
    1,
    ['changes_requested'],
  ],
  [
    'until who made it accepts',
    { reviews: [review({ ...no }), review({})] },
    { required: 1 },
    1,
    [],
  ],
  [
    'whoever accepted may object later',
    { reviews: [review({}), review(no)] },
    { required: 1 },
    0,
    ['approvals_missing', 'changes_requested'],
  ],
  [
    'who asked for the work may object',
    { reviews: [review({}), review({ ...own, ...no })] },
    { required: 1 },
    1,
    ['changes_requested'],
  ],
  [
    'an agent may not',
    { reviews: [review({}), review({ ...bot, ...no })] },
    { required: 1 },
    1,
    [],
  ],
  [
    'what is required is settled first',
    { reviews: [review({})], required: 1 },
    { required: 1 },
    1,
    ['comments_open'],
  ],
  [
    'and what nobody has read yet',
    { reviews: [review({})], pending: 1 },
    { required: 1 },
    1,
    ['comments_open'],
  ],
]

test.each(cases)('%s', (_name, given, policy, approvals, blocking) => {
  const judged = judge({ ...facts, ...given }, ReviewPolicy.parse(policy))
  expect(judged.reasons.filter(({ blocks }) => blocks).map(({ code }) => code)).toEqual(blocking)
  expect(judged).toMatchObject({ approvals, ready: blocking.length === 0 })
})
