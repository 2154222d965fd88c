import { HubError } from '../../../../schemas/errors.ts'
import { copyOf, requireCommit, withCopy } from '../../git/copy.ts'
import { copiedBranches } from '../branches.ts'
import type { ProviderKind } from '../provider.ts'
import { announce } from './announce.ts'
import { foreignPatch } from './foreign.ts'
import { stateKeeper } from './identities.ts'
import { incomingOf } from './incoming.ts'
import { mergePatch } from './merge.ts'
import { act, openPatches, patchOf, tipsOf } from './patches.ts'
import { proposePatch } from './propose.ts'
import type { RadRepository } from './rad-repository.ts'
import { openRadRepository, radIdOf } from './rad-repository.ts'
import { commentOnPatch, namesOf, reviewPatch, signed } from './remarks.ts'
import { branchesOf, fetchCanonical, push } from './transfer.ts'

/**
 * Repositories with a `rad` remote. A change is a Radicle patch; the target is the canonical branch
 * in Radicle's storage, which moves when enough delegates push it. The user's working copy is not
 * touched. See docs/radicle.md.
 */
export const radicle: ProviderKind = {
  name: 'radicle',
  recognises: async (_ctx, path) => (await radIdOf(path)) !== undefined,
  open: (ctx, repository) => {
    const { org } = repository
    const copy = copyOf(ctx, repository)
    const opened = () => openRadRepository(ctx, repository)
    /** Changes something there, alone on the copy, and has it announced. */
    const write = async <T>(
      work: (there: RadRepository) => Promise<T>,
      patchIn: (done: T) => string | undefined = () => undefined,
    ) => {
      const there = await opened()
      const done = await withCopy(copy, () => work(there))
      await announce(ctx, there, patchIn(done))
      return done
    }
    return {
      currentBranch: async () => (await opened()).defaultBranch,
      branches: async () => {
        const there = await opened()
        await withCopy(copy, () => fetchCanonical(there, copy))
        return copiedBranches(copy)
      },
      refresh: async () => {
        const there = await opened()
        await withCopy(copy, () => fetchCanonical(there, copy))
      },
      createBranch: (name, commit) =>
        write(async (there) => {
          const ref = `refs/heads/${name}`
          const known = (await branchesOf(there, there.me.nid, ref)).get(name)
          if (known !== undefined && known !== commit)
            throw new HubError('conflict', `branch ${name} is there already, at ${known}`)
          await push(there, copy, `${commit}:${ref}`)
        }),
      publishBranch: (branch) =>
        write(async (there) => {
          const ref = `refs/heads/${branch}`
          await push(there, copy, `+${await requireCommit(copy, ref)}:${ref}`)
        }),
      propose: (proposal) =>
        write(
          (there) => proposePatch(ctx, org, there, copy, proposal),
          ({ change }) => change,
        ),
      comment: (change, comment) =>
        write(
          (there) => commentOnPatch(there, change, comment),
          () => change.handle,
        ),
      review: (change, review) =>
        write(
          (there) => reviewPatch(there, change, review),
          () => change.handle,
        ),
      merge: (change, options) =>
        write(
          (there) => mergePatch(there, copy, change, options),
          () => change.handle,
        ),
      close: (change, { reason, by }) =>
        write(
          async (there) => {
            const { handle, revision } = namesOf(change)
            const patch = await patchOf(there, handle)
            if (patch.isArchived) return
            const author = await stateKeeper(ctx, org, there, { handle, patch })
            if (reason !== '')
              await act(there, there.me, handle, [
                { type: 'revision.comment', revision, body: signed(reason, by) },
              ])
            await act(there, author, handle, [{ type: 'lifecycle', state: { status: 'archived' } }])
          },
          () => change.handle,
        ),
      setDraft: (change, { isDraft }) =>
        write(
          async (there) => {
            const { handle } = namesOf(change)
            const patch = await patchOf(there, handle)
            if (patch.isDraft === isDraft) return
            const status = isDraft ? 'draft' : 'open'
            const author = await stateKeeper(ctx, org, there, { handle, patch })
            await act(there, author, handle, [{ type: 'lifecycle', state: { status } }])
          },
          () => change.handle,
        ),
      proposal: async (handle) => {
        const there = await opened()
        return withCopy(copy, () => foreignPatch(there, copy, handle))
      },
      about: async () => {
        const { rid, me, delegates, quorumOf, defaultBranch } = await opened()
        return {
          address: rid,
          identity: toDid(me.nid),
          delegates: delegates.map(toDid),
          threshold: quorumOf(defaultBranch).threshold,
        }
      },
      watch: async (handles) => {
        const tips = await tipsOf(await opened())
        return new Map(handles.map((handle) => [handle, tips.get(handle) ?? '']))
      },
      proposed: async (limit) => {
        const open = await openPatches(await opened(), limit)
        return open.map(({ id, at, patch: { title, author, revisions, isDraft } }) => ({
          handle: id,
          title,
          author: `radicle:${author}`,
          head: revisions.findLast((one) => one.author === author)?.head ?? '',
          isDraft,
          updatedAt: at,
        }))
      },
      incoming: async (change) => {
        const there = await opened()
        await withCopy(copy, () => fetchCanonical(there, copy))
        return incomingOf(ctx, there, copy, change)
      },
    }
  },
}

const toDid = (nid: string) => `did:key:${nid}`
