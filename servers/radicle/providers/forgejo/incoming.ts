import type { z } from 'zod'
import type { Incoming, ProvidedChange, Remark } from '../provider.ts'
import type { Place } from './api.ts'
import { ask, askAll } from './api.ts'
import { isMarked } from './marker.ts'
import { Comment, LineComment, PullRequest, Review, isDraft } from './pull-request.ts'

const most = 1000

/** What others said of a pull request, and what became of it. */
export async function incomingOf(
  place: Place,
  { handle }: ProvidedChange,
  signal: AbortSignal,
): Promise<Incoming> {
  if (handle === undefined) return { remarks: [] }
  const pull = await ask(place, `/pulls/${handle}`, PullRequest, { signal })
  const comments = await ask(place, `/issues/${handle}/comments`, Comment.array(), { signal })
  const reviews = await askAll(place, `/pulls/${handle}/reviews`, Review, { most, signal })
  const remarks: Remark[] = comments
    .filter(({ body }) => !isMarked(body))
    .map(({ id, body, user }) => ({
      handle: `comment-${id}`,
      author: `${place.forge}:${user.login}`,
      isMaintainer: false, // The forge does not say; nothing hangs on it for a comment.
      body,
    }))
  for (const review of reviews) {
    if (review.dismissed || ['PENDING', 'REQUEST_REVIEW'].includes(review.state)) continue
    const lines = await askAll(
      place,
      `/pulls/${handle}/reviews/${review.id}/comments`,
      LineComment,
      {
        most,
        signal,
      },
    )
    remarks.push(...lines.flatMap((line) => lineRemark(place, review, line)))
    remarks.push(...verdictRemark(place, review))
  }
  const by = `${place.forge}:${pull.merged_by?.login ?? ''}`
  if (pull.merged)
    return {
      remarks,
      outcome: { state: 'merged', mergedAs: pull.merge_commit_sha ?? pull.head.sha, by },
    }
  if (pull.state === 'closed') return { remarks, outcome: { state: 'closed', by: place.forge } }
  return { remarks, isDraft: isDraft(pull) }
}

const verdicts: Record<string, Remark['verdict']> = {
  APPROVED: 'accept',
  REQUEST_CHANGES: 'request_changes',
}

function verdictRemark({ forge }: Place, review: z.infer<typeof Review>): Remark[] {
  const { id, state, body, user, commit_id: revision, official: isMaintainer } = review
  const verdict = verdicts[state]
  if (isMarked(body) || (verdict === undefined && body.trim() === '')) return []
  const author = `${forge}:${user?.login ?? 'ghost'}`
  return [
    {
      handle: `review-${id}`,
      author,
      isMaintainer,
      body,
      revision,
      ...(verdict === undefined ? {} : { verdict }),
    },
  ]
}

function lineRemark(
  { forge }: Place,
  review: z.infer<typeof Review>,
  { id, body, user, path, position }: z.infer<typeof LineComment>,
): Remark[] {
  if (isMarked(body)) return []
  return [
    {
      handle: `line-${id}`,
      author: `${forge}:${user?.login ?? 'ghost'}`,
      isMaintainer: review.official,
      body,
      path,
      ...(position > 0 ? { line: position } : {}),
      revision: review.commit_id,
    },
  ]
}
