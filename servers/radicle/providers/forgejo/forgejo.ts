import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import { copyOf, requireCommit, resolveCommit, withCopy } from '../../git/copy.ts'
import { copiedBranches } from '../branches.ts'
import type { ProvidedChange, ProviderKind } from '../provider.ts'
import { ask, askAll } from './api.ts'
import { foreignPull, toProposed } from './foreign.ts'
import { incomingOf } from './incoming.ts'
import { marked } from './marker.ts'
import { mergePull } from './merge.ts'
import { findPlace, placeOf } from './places.ts'
import { proposePull } from './propose.ts'
import { commentOnPull, say } from './remarks.ts'
import { Account, ListedPull, PullRequest, isDraft, titleOf } from './pull-request.ts'
import { fetchAll, push } from './transfer.ts'
import { marksOf } from './watch.ts'

const Home = z.object({ default_branch: z.string(), html_url: z.string() })

/**
 * Repositories with a remote on a Forgejo or Gitea that `switchyard.json` names. A change is a pull
 * request there, from the task's branch; a revision is a push. All is done by the account of the
 * token, and a forge lets nobody approve what they proposed, so verdicts given here are comments there.
 */
export const forgejo: ProviderKind = {
  name: 'forgejo',
  recognises: async (ctx, path) => (await findPlace(ctx, path)) !== undefined,
  open: (ctx, repository) => {
    const { signal } = ctx
    const copy = copyOf(ctx, repository)
    const placed = () => placeOf(ctx, repository.path)
    const fetched = async () => {
      const place = await placed()
      await withCopy(copy, () => fetchAll(place, copy))
      return place
    }
    return {
      currentBranch: async () => (await ask(await placed(), '', Home, { signal })).default_branch,
      branches: async () => {
        await fetched()
        return copiedBranches(copy)
      },
      refresh: async () => {
        await fetched()
      },
      createBranch: async (name, commit) => {
        const place = await fetched()
        const known = await resolveCommit(copy, `refs/remotes/origin/${name}`)
        if (known === commit) return
        if (known !== undefined)
          throw new HubError('conflict', `branch ${name} is there already, at ${known}`)
        await withCopy(copy, () => push(place, copy, `${commit}:refs/heads/${name}`))
      },
      publishBranch: async (branch) => {
        const place = await placed()
        const head = await requireCommit(copy, `refs/heads/${branch}`)
        await withCopy(copy, () => push(place, copy, `+${head}:refs/heads/${branch}`))
      },
      propose: async (proposal) => {
        const place = await placed()
        return withCopy(copy, () => proposePull(ctx, place, copy, proposal))
      },
      comment: async (change, said) => {
        await commentOnPull(await placed(), named(change), said, signal)
        return undefined // Its mark tells it from others.
      },
      review: async (change, { verdict, body, ...said }) => {
        const words = verdict === 'accept' ? 'Accepted' : 'Changes requested'
        const text = `**${words}** (${change.head.slice(0, 10)})\n\n${body}`.trim()
        await commentOnPull(await placed(), named(change), { ...said, body: text }, signal)
      },
      merge: async (change, options) => {
        const place = await placed()
        return withCopy(copy, () => mergePull(ctx, place, copy, named(change), options))
      },
      close: async (change, { reason, by }) => {
        const [place, { handle }] = [await placed(), named(change)]
        const pull = await ask(place, `/pulls/${handle}`, PullRequest, { signal })
        if (pull.state === 'closed') return
        if (reason !== '') await say(place, handle, marked(reason, by, 'close'), signal)
        const options = { method: 'PATCH', body: { state: 'closed' }, signal }
        await ask(place, `/pulls/${handle}`, PullRequest, options)
      },
      setDraft: async (change, { isDraft: wanted }) => {
        const [place, { handle }] = [await placed(), named(change)]
        const pull = await ask(place, `/pulls/${handle}`, PullRequest, { signal })
        if (isDraft(pull) === wanted) return
        const options = { method: 'PATCH', body: { title: titleOf(pull.title, wanted) }, signal }
        await ask(place, `/pulls/${handle}`, PullRequest, options)
      },
      proposal: async (handle) => foreignPull(await fetched(), copy, handle, signal),
      about: async () => {
        const place = await placed()
        const [home, account] = await Promise.all([
          ask(place, '', Home, { signal }),
          ask(place, '//user', Account, { signal }),
        ])
        return { address: home.html_url, identity: account.login }
      },
      watch: async (handles) => marksOf(await placed(), handles, { signal, now: ctx.clock.now() }),
      proposed: async (limit) => {
        const path = '/pulls?state=open&sort=recentupdate'
        const pulls = await askAll(await placed(), path, ListedPull, { most: limit, signal })
        return pulls.map(toProposed)
      },
      incoming: async (change) => {
        const place = await fetched()
        return incomingOf(place, change, signal)
      },
    }
  },
}

function named(change: ProvidedChange): ProvidedChange & { handle: string } {
  const { id, handle } = change
  if (handle !== undefined) return { ...change, handle }
  throw new HubError(
    'conflict',
    `change ${id} was proposed before its repository was on the forge`,
    {
      hint: 'Close it, or merge it by hand, and submit a new task.',
    },
  )
}
