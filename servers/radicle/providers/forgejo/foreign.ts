import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import type { GitCopy } from '../../git/copy.ts'
import { withCopy } from '../../git/copy.ts'
import type { ForeignChange, ProposedThere } from '../provider.ts'
import type { Place } from './api.ts'
import { ask } from './api.ts'
import type { ListedPull } from './pull-request.ts'
import { PullRequest, isDraft, titleOf } from './pull-request.ts'
import { fetchHead } from './transfer.ts'

/** A pull request of anybody's, at its head: a forge keeps no revisions of before. */
export async function foreignPull(
  place: Place,
  copy: GitCopy,
  handle: string,
  signal: AbortSignal,
): Promise<ForeignChange | undefined> {
  if (!/^[1-9]\d{0,9}$/.test(handle)) return undefined
  const pull = await ask(place, `/pulls/${handle}`, PullRequest, { signal }).catch(absent)
  if (!pull) return undefined
  const { sha: head, ref, repo } = pull.head
  await withCopy(copy, () => fetchHead(place, copy, handle))
  const isHere = repo?.full_name.toLowerCase() === `${place.owner}/${place.name}`.toLowerCase()
  const title = titleOf(pull.title, false)
  return {
    handle,
    title,
    body: pull.body ?? '',
    author: `${place.forge}:${pull.user?.login ?? 'ghost'}`,
    branch: isHere && ref !== undefined ? ref : `pull/${handle}/head`,
    target: z.string().parse(pull.base?.ref),
    isDraft: isDraft(pull),
    state: pull.merged ? 'merged' : pull.state,
    revisions: [{ handle: head, head, summary: title }],
  }
}

/** One of a list of those that are open. */
export const toProposed = (pull: z.infer<typeof ListedPull>): ProposedThere => {
  const { number, title, user, head, updated_at: at, html_url: url } = pull
  return {
    handle: String(number),
    title,
    author: `forgejo:${user?.login ?? 'ghost'}`,
    head: head.sha,
    isDraft: isDraft(pull),
    updatedAt: Date.parse(at),
    ...(url === undefined ? {} : { url }),
  }
}

function absent(error: unknown): undefined {
  if (error instanceof HubError && error.code === 'not_found') return undefined
  throw error
}
