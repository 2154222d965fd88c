import { z } from 'zod'

// What this hub reads of Forgejo's and Gitea's answers, API v1.

const User = z.object({ login: z.string() })

export const Account = User

export const PullRequest = z.object({
  number: z.int(),
  title: z.string(),
  body: z.string().nullish(),
  state: z.enum(['open', 'closed']),
  merged: z.boolean(),
  merge_commit_sha: z.string().nullish(),
  merged_by: User.nullish(),
  updated_at: z.string(),
  head: z.object({
    sha: z.string(),
    ref: z.string().optional(),
    repo: z.object({ full_name: z.string() }).nullish(),
  }),
  base: z.object({ ref: z.string() }).optional(),
  user: User.nullish(),
  draft: z.boolean().default(false),
})
export type PullRequest = z.infer<typeof PullRequest>

/** One as a list of those that are open has it. */
export const ListedPull = PullRequest.extend({
  html_url: z.string().optional(),
})

/** Forgejo and Gitea tell a draft by its title; these are the words that they come with. */
const draftTitle = /^\s*(?:WIP:|\[WIP\])\s*/i

export const isDraft = ({ draft, title }: Pick<PullRequest, 'draft' | 'title'>): boolean =>
  draft || draftTitle.test(title)

export const titleOf = (title: string, asDraft: boolean): string =>
  `${asDraft ? 'WIP: ' : ''}${title.replace(draftTitle, '')}`

export const Comment = z.object({ id: z.int(), body: z.string(), user: User })

export const Review = z.object({
  id: z.int(),
  state: z.string(),
  body: z.string(),
  user: User.nullish(),
  commit_id: z.string(),
  official: z.boolean().default(false),
  dismissed: z.boolean().default(false),
})

export const LineComment = z.object({
  id: z.int(),
  body: z.string(),
  user: User.nullish(),
  path: z.string(),
  commit_id: z.string(),
  position: z.int().default(0),
})
