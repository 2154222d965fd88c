import { hash } from 'node:crypto'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../kit/context.ts'
import { withLock } from '../kit/locks.ts'
import { keepKeyedRemark, readKeyedRemark } from './store/remark-keys.ts'
import { knownRemarks } from './store/remarks.ts'

/** The key of a call that says something of a change. */
export const remarkKey = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('With the same key it is said once')

/** What is said is called, and, of a call that is sent again, what the provider has that is something else. */
type Named = { ids: string[]; known: ReadonlySet<string> | undefined }

type Remark = {
  change: string
  key: string | undefined
  request: { revision?: number | undefined }
  /** Of each thing that is said, the first one first. */
  prefixes: ('comment' | 'review')[]
}

/**
 * Says something of a change once, however often the call is sent with its key. The key is kept before
 * `say` tells the provider, so a call that was cut off there finds what it did. Throws `conflict` where
 * the key was used for something else.
 */
export async function sayOnce<T>(
  ctx: Context,
  { change, key, request, prefixes }: Remark,
  work: {
    /** What was said under the first of those ids, if that is on record. */
    find(id: string): Promise<T | undefined>
    /** `name` is called once all is checked, right before the provider is told of that revision. */
    say(asked: number | undefined, name: (revision: number) => Promise<Named>): Promise<T>
  },
): Promise<T> {
  const made = prefixes.map((prefix) => ctx.id(prefix))
  if (key === undefined)
    return work.say(request.revision, async () => ({ ids: made, known: undefined }))
  // The agents that try at a task one after another are one author.
  const of = { change, author: ctx.principal.task ?? ctx.principal.id, key }
  const digest = hash('sha256', JSON.stringify(request))
  // It may be sent again while the first call is under way.
  return withLock(`remark ${change}`, async () => {
    const earlier = await readKeyedRemark(ctx.reader, of)
    if (earlier && earlier.digest !== digest) throw usedUp(key)
    const found = earlier && (await work.find(earlier.ids[0] ?? ''))
    if (found !== undefined) return found
    return work.say(earlier?.revision ?? request.revision, async (revision) => {
      if (earlier) return { ids: earlier.ids, known: await knownRemarks(ctx.reader, change) }
      // No audit row: nothing is said yet.
      await ctx.store.transaction((tx) =>
        keepKeyedRemark(tx, { ...of, digest, revision, ids: made }),
      )
      return { ids: made, known: undefined }
    })
  })
}

const usedUp = (key: string) =>
  new HubError('conflict', `idempotency key ${JSON.stringify(key)} was used for another request`, {
    hint: 'Send what was sent with it before, or use a new key for something different.',
  })
