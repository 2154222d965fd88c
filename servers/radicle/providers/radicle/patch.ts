import { z } from 'zod'

const oid = z.string().regex(/^[0-9a-f]{40,64}$/)
const Lines = z.object({ type: z.literal('lines'), range: z.object({ start: z.int() }) })
const Location = z.object({
  path: z.string(),
  new: z.union([Lines, z.unknown()]).optional(),
})

const Target = z.object({ branch: z.string() })

/** The actions that say something to this hub; what others there are is passed over. */
const Action = z.discriminatedUnion('type', [
  z.object({ type: z.literal('revision'), description: z.string(), oid }),
  z.object({ type: z.literal('revision.edit'), revision: oid, description: z.string() }),
  z.object({ type: z.literal('edit'), title: z.string(), target: z.unknown().optional() }),
  z.object({
    type: z.literal('revision.comment'),
    revision: oid,
    body: z.string(),
    location: Location.nullish(),
  }),
  z.object({
    type: z.literal('review'),
    revision: oid,
    summary: z.string().nullish(),
    verdict: z.enum(['accept', 'reject']).nullish(),
  }),
  ...(['review.edit', 'review.edit.v2'] as const).map((type) =>
    z.object({
      type: z.literal(type),
      review: oid,
      summary: z.string().nullish(),
      verdict: z.enum(['accept', 'reject']).nullish(),
    }),
  ),
  z.object({
    type: z.literal('review.comment'),
    review: oid,
    body: z.string(),
    location: Location.nullish(),
  }),
  z.object({ type: z.literal('merge'), revision: oid, commit: oid }),
  z.object({
    type: z.literal('lifecycle'),
    state: z.object({ status: z.enum(['open', 'draft', 'archived']) }),
  }),
])
type Action = z.infer<typeof Action>

const Operation = z.object({ id: oid, author: z.string(), actions: z.array(z.unknown()) })

/** What was said of a patch: a comment, or a review with its verdict. */
export type PatchRemark = {
  id: string
  author: string
  revision: string
  body: string
  path?: string
  line?: number
  verdict?: 'accept' | 'reject'
}

export type Patch = {
  author: string
  title: string
  /** Name of the branch that it is for, where that is not the default one. */
  target: string | undefined
  revisions: { id: string; author: string; head: string; description: string }[]
  remarks: PatchRemark[]
  /** The review that each author gave each revision. */
  reviews: { id: string; author: string; revision: string }[]
  merges: { author: string; commit: string }[]
  /** The last that was said of its state, by somebody who may. */
  isArchived: boolean
  isDraft: boolean
}

/**
 * What a patch is, from `rad cob log --format json`: an operation a line, the newest first. Unlike
 * `rad cob show` it reads the storage, not a cache that knows nothing of what another home or the
 * node wrote. `mayArchive` says who may besides its author.
 */
export function readPatch(log: string, mayArchive: (author: string) => boolean): Patch {
  const operations = log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => Operation.parse(JSON.parse(line)))
    .reverse()
  const patch: Patch = {
    author: operations[0]?.author ?? '',
    title: '',
    target: undefined,
    revisions: [],
    remarks: [],
    reviews: [],
    merges: [],
    isArchived: false,
    isDraft: false,
  }
  for (const { id, author, actions } of operations) {
    for (const raw of actions) {
      const action = Action.safeParse(raw)
      if (action.success) apply(patch, { id, author, mayArchive }, action.data)
    }
  }
  return patch
}

type Origin = { id: string; author: string; mayArchive: (author: string) => boolean }

function apply(patch: Patch, { id, author, mayArchive }: Origin, action: Action): void {
  switch (action.type) {
    case 'revision': {
      const { oid: head, description } = action
      patch.revisions.push({ id, author, head, description })
      return
    }
    case 'revision.edit': {
      const revision = patch.revisions.find((known) => known.id === action.revision)
      if (revision?.author === author) revision.description = action.description
      return
    }
    case 'edit':
      if (author !== patch.author && !mayArchive(author)) return
      patch.title = action.title
      patch.target = Target.safeParse(action.target).data?.branch.replace('refs/heads/', '')
      return
    case 'revision.comment': {
      const { revision, body } = action
      patch.remarks.push({ id, author, revision, body, ...placeOf(action.location) })
      return
    }
    case 'review': {
      const { revision, summary, verdict } = action
      patch.reviews.push({ id, author, revision })
      patch.remarks.push({ id, author, revision, body: summary ?? '', ...verdictOf(verdict) })
      return
    }
    case 'review.edit':
    case 'review.edit.v2': {
      const review = patch.reviews.find((known) => known.id === action.review)
      if (review?.author !== author) return
      const { revision } = review
      const body = action.summary ?? ''
      patch.remarks.push({ id, author, revision, body, ...verdictOf(action.verdict) })
      return
    }
    case 'review.comment': {
      const review = patch.reviews.find((known) => known.id === action.review)
      if (!review) return
      const { body, location } = action
      patch.remarks.push({ id, author, revision: review.revision, body, ...placeOf(location) })
      return
    }
    case 'merge':
      if (mayArchive(author)) patch.merges.push({ author, commit: action.commit })
      return
    case 'lifecycle':
      if (author !== patch.author && !mayArchive(author)) return
      patch.isArchived = action.state.status === 'archived'
      patch.isDraft = action.state.status === 'draft'
  }
}

const verdictOf = (verdict: 'accept' | 'reject' | null | undefined) => (verdict ? { verdict } : {})

function placeOf(location: z.infer<typeof Location> | null | undefined) {
  if (!location) return {}
  const lines = Lines.safeParse(location.new)
  return { path: location.path, ...(lines.success ? { line: lines.data.range.start } : {}) }
}
