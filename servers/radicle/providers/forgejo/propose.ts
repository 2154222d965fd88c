import { HubError } from '../../../../schemas/errors.ts'
import type { GitCopy } from '../../git/copy.ts'
import type { Handles, Proposal, ProviderContext } from '../provider.ts'
import type { Place } from './api.ts'
import { ask, patiently } from './api.ts'
import { marked } from './marker.ts'
import { PullRequest, isDraft, titleOf } from './pull-request.ts'
import { push } from './transfer.ts'

/** Pushes the branch of a task and opens its pull request, or brings the one it has up to date. */
export async function proposePull(
  ctx: Pick<ProviderContext, 'clock' | 'signal'>,
  place: Place,
  copy: GitCopy,
  proposal: Proposal,
): Promise<Required<Handles>> {
  const { signal } = ctx
  const { branch, head, title, body, by, key, target: base } = proposal
  await push(place, copy, `+${head}:refs/heads/${branch}`)
  const known = await findPull(place, proposal, signal)
  const text = marked(body, by, key)
  if (!known) {
    const asked = { title: titleOf(title, proposal.isDraft), body: text, head: branch, base }
    const options = { method: 'POST', body: asked, signal }
    // A branch that was pushed a moment ago may not be known to it yet.
    const made = await patiently(ctx, { status: 404, tries: 6 }, () =>
      ask(place, '/pulls', PullRequest, options),
    )
    return { change: String(made.number), revision: head }
  }
  if (known.state === 'closed')
    throw new HubError('conflict', `pull request ${known.number} was closed at ${place.forge}`, {
      hint: 'Reopen it there, or submit a new task for what is still missing.',
    })
  const shown = titleOf(title, isDraft(known))
  if (known.title !== shown || (known.body ?? '') !== text)
    await ask(place, `/pulls/${known.number}`, PullRequest, {
      method: 'PATCH',
      body: { title: shown, body: text },
      signal,
    })
  return { change: String(known.number), revision: head }
}

/** By number, or, when a crash kept that from being recorded, by its branch. */
async function findPull(
  place: Place,
  { handle, branch, target }: Proposal,
  signal: AbortSignal,
): Promise<PullRequest | undefined> {
  if (handle !== undefined) return ask(place, `/pulls/${handle}`, PullRequest, { signal })
  const path = `/pulls/${encodeURIComponent(target)}/${branch.split('/').map(encodeURIComponent).join('/')}`
  try {
    return await ask(place, path, PullRequest, { signal })
  } catch (error) {
    if (error instanceof HubError && error.code === 'not_found') return undefined
    throw error
  }
}
