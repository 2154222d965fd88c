import type { Change, ChangeComment, ChangeReview, Revision } from '../../schemas/change.ts'
import type { Commit, Repository, RepositoryElsewhere } from '../../schemas/repo.ts'
import type { Page } from '../kit/page.ts'
import { cutText, instantText, tableText } from '../kit/table.ts'

// What a model reads of repositories and changes.

const shownInList = 60
const shownComments = 10

export const repositoriesText = ({ items }: { items: Repository[] }): string =>
  tableText(
    { items },
    {
      id: ({ id }) => id,
      path: ({ path }) => path,
      branch: ({ defaultBranch }) => defaultBranch,
      org: ({ org }) => org,
    },
    shownInList,
  )

export function repositoryText(read: {
  repository: Repository
  branches: { name: string; head: string; at: number }[]
  about?: RepositoryElsewhere
}): string {
  const { id, org, path, defaultBranch, provider } = read.repository
  const branches = tableText(
    { items: read.branches },
    {
      branch: ({ name }) => name,
      head: ({ head }) => head.slice(0, 10),
      at: ({ at }) => instantText(at),
    },
    shownInList,
  )
  const lines = [`${id} of ${org} at ${path}, default branch ${defaultBranch}`]
  if (read.about) {
    const { address, identity, delegates, threshold } = read.about
    lines.push(`kept by ${provider} as ${address}; this hub is ${identity} there`)
    if (delegates)
      lines.push(`merges take ${threshold ?? 1} of ${delegates.length}: ${delegates.join(', ')}`)
  }
  return [...lines, branches].join('\n')
}

export const commitsText = (page: Page<Commit>): string =>
  tableText(page, {
    hash: ({ hash }) => hash.slice(0, 12),
    at: ({ at }) => instantText(at),
    author: ({ author }) => author,
    subject: ({ subject }) => subject,
  })

export const shownDiff = ({ diff, truncated }: { diff: string; truncated: boolean }): string =>
  `${diff === '' ? 'No difference.' : diff}${truncated ? '\n[cut; max_bytes shows more]' : ''}`

export const changesText = (page: Page<Change>): string =>
  tableText(page, {
    id: ({ id }) => id,
    state: ({ state }) => state,
    title: ({ title }) => title,
    repo: ({ repo }) => repo,
    task: ({ task }) => task,
    revisions: ({ revisions }) => revisions,
    author: ({ author }) => author,
    updated: ({ updatedAt }) => instantText(updatedAt),
  })

/** A change with its discussion and diff; without the diff (max_bytes 0) the words are shown in full. */
export function changeText(read: {
  change: Change
  revisions: Revision[]
  comments: ChangeComment[]
  reviews: ChangeReview[]
  diff: string
  truncated: boolean
}): string {
  const { change, revisions, comments, reviews } = read
  const isAlone = read.diff === ''
  const said = (text: string) => cutText(text, isAlone ? 4000 : 300)
  const latest = comments.slice(-shownComments)
  const last = revisions.at(-1)
  return [
    `${change.id} is ${change.state}: ${change.title}`,
    `repo ${change.repo}, branch ${change.branch} into ${change.target}, head ${change.head}, by ${change.author}`,
    ...(change.task ? [`task ${change.task}`] : []),
    ...(change.mergedAs ? [`merged as ${change.mergedAs} by ${change.mergedBy}`] : []),
    ...(change.body ? [cutText(change.body, isAlone ? 8000 : 1000)] : []),
    ...(last
      ? [
          `revision ${last.number} of ${revisions.length}: ${last.filesChanged} files, +${last.additions} -${last.deletions}. ${said(last.summary)}`,
          ...last.checks.map(({ name, state, failures }) =>
            said(`check ${name} ${state} ${failures.join('; ')}`.trim()),
          ),
        ]
      : []),
    ...reviews.map(({ reviewer, verdict, revision, body }) =>
      said(`review by ${reviewer} of revision ${revision}: ${verdict} ${body}`.trim()),
    ),
    ...(comments.length > latest.length
      ? [`${comments.length - latest.length} older comments are not shown`]
      : []),
    ...latest.map(({ author, path, line, body }) => {
      const place = path === undefined ? '' : ` on ${path}${line === undefined ? '' : `:${line}`}`
      return said(`comment by ${author}${place}: ${body}`)
    }),
    ...(isAlone ? [] : ['', shownDiff(read)]),
  ].join('\n')
}
