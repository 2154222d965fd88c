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
  head: z.object({ sha: z.string() }),
})
export type PullRequest = z.infer<typeof PullRequest>

/** One as a list of those that are open has it. */
export const ListedPull = PullRequest.extend({
  user: User.nullish(),
  html_url: z.string().optional(),
  draft: z.boolean().default(false),
})

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
