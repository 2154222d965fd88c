import type {
  Change,
  ChangeComment,
  ChangeReview,
  Mergeable,
  Revision,
} from '../../schemas/change.ts'
import type { Commit, Repository, RepositoryElsewhere } from '../../schemas/repo.ts'
import type { Page } from '../kit/page.ts'
import { cutText, instantText, tableText } from '../kit/table.ts'

// What a model reads of repositories and changes.

const shownInList = 60
// Together with 8 KB of diff they stay under 4,000 tokens.
const shownAsked = 6
const shownOthers = 4
const shownReviews = 4

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
    state: ({ state, draft }) => (draft ? `${state}, draft` : state),
    title: ({ title }) => title,
    repo: ({ repo }) => repo,
    task: ({ task }) => task,
    revisions: ({ revisions }) => revisions,
    author: ({ author }) => author,
    updated: ({ updatedAt }) => instantText(updatedAt),
  })

const stateText = ({ state, draft }: Change) => (draft ? `${state}, a draft` : state)

/** A change after a step of its own, without its discussion. */
export const changeStateText = (change: Change): string =>
  [
    `${change.id} is ${stateText(change)}, revision ${change.revisions}, head ${change.head}`,
    ...(change.mergedAs ? [`merged into ${change.target} as ${change.mergedAs}`] : []),
    ...(change.conflict
      ? [
          `conflicts with ${change.target} in ${change.conflict.files.map(({ path }) => path).join(', ')}; an agent is to resolve that`,
        ]
      : []),
  ].join('\n')

export const reviewText = ({ id, revision, verdict, uncounted }: ChangeReview): string =>
  `${id}: ${verdict} of revision ${revision}${verdict === 'accept' && uncounted ? `, which does not count as an approval: ${uncounted}` : ''}`

/** A change with its discussion and diff; without the diff (max_bytes 0) the words are shown in full. */
export function changeText(read: {
  change: Change
  revisions: Revision[]
  comments: ChangeComment[]
  reviews: ChangeReview[]
  mergeable: Mergeable
  diff: string
  truncated: boolean
}): string {
  const { change, revisions, reviews, mergeable } = read
  const isAlone = read.diff === ''
  const said = (text: string) => cutText(text, isAlone ? 4000 : 220)
  const last = revisions.at(-1)
  const lastReviews = reviews.slice(-shownReviews)
  return [
    `${change.id} is ${stateText(change)}: ${change.title}`,
    `repo ${change.repo}, branch ${change.branch} into ${change.target}, head ${change.head}, by ${change.author}`,
    ...(change.task ? [`task ${change.task}`] : []),
    ...(change.importedBy ? [`proposed elsewhere, taken in by ${change.importedBy}`] : []),
    ...(change.mergedAs ? [`merged as ${change.mergedAs} by ${change.mergedBy}`] : []),
    ...(change.waiting ? [`waits for a person: ${change.waiting}`] : []),
    ...(change.body ? [cutText(change.body, isAlone ? 8000 : 700)] : []),
    ...(last
      ? [
          `revision ${last.number} of ${revisions.length}: ${last.filesChanged} files, +${last.additions} -${last.deletions}. ${said(last.summary)}`,
          ...last.checks.map(({ name, state, failures }) =>
            said(`check ${name} ${state} ${failures.join('; ')}`.trim()),
          ),
        ]
      : []),
    ...(change.state === 'open' ? [mergeableText(mergeable)] : []),
    ...(reviews.length > lastReviews.length
      ? [`${reviews.length - lastReviews.length} older reviews are not shown`]
      : []),
    ...lastReviews.map(({ reviewer, verdict, revision, body, counts }) =>
      said(
        `review by ${reviewer} of revision ${revision}: ${verdict}${verdict === 'accept' && !counts ? ' (does not count)' : ''} ${body}`.trim(),
      ),
    ),
    ...commentLines(read.comments, said),
    ...(isAlone ? [] : ['', shownDiff(read)]),
  ].join('\n')
}

function mergeableText({ ready, approvals, required, reasons }: Mergeable): string {
  const count = required === undefined ? '' : `, ${approvals} of ${required} approvals`
  const told = (isBlocking: boolean) =>
    reasons.flatMap(({ message, blocks }) => (blocks === isBlocking ? message : [])).join('; ')
  const [blocking, speaking] = [told(true), told(false)]
  const against = speaking === '' ? '' : `. Speaks against it but does not block it: ${speaking}`
  return cutText(
    `${ready ? `can be merged${count}` : `cannot be merged${count}: ${blocking}`}${against}`,
    600,
  )
}

/** What is still asked for comes first; of all else the latest. */
function commentLines(comments: ChangeComment[], said: (text: string) => string): string[] {
  const isAsked = ({ resolve, state }: ChangeComment) => resolve !== undefined && state === 'open'
  const asked = comments.filter(isAsked)
  const others = comments.filter((comment) => !isAsked(comment))
  const shown = [...asked.slice(0, shownAsked), ...others.slice(-shownOthers)]
  const left = comments.length - shown.length
  return [
    ...(left > 0
      ? [`${left} comments are not shown, ${Math.max(0, asked.length - shownAsked)} of them open`]
      : []),
    ...shown.map((comment) => said(commentText(comment, comments))),
  ]
}

function commentText(comment: ChangeComment, all: ChangeComment[]): string {
  const { id, number, author, body, resolve, state, addressedIn, replyTo, revision } = comment
  const answered = all.find((other) => other.id === replyTo)
  const settled = addressedIn
    ? `, ${state} in ${addressedIn.commit.slice(0, 10)} (revision ${addressedIn.revision})`
    : state === 'open'
      ? ''
      : `, ${state}`
  const marks = [
    ...(answered ? [` answering #${answered.number}`] : []),
    placeText(comment),
    ...(resolve ? [`, ${resolve}`] : []),
    ...(answered ? [] : [settled]),
  ].join('')
  return `comment #${number} (${id}) by ${author} on revision ${revision}${marks}: ${body}`
}

function placeText({ path, line, place }: ChangeComment): string {
  if (path === undefined) return ''
  const at = (file: string, number?: number) =>
    ` at ${file}${number === undefined ? '' : `:${number}`}`
  if (place === 'gone') return `${at(path, line)}, now gone`
  return place === undefined ? at(path, line) : at(place.path, place.line)
}
