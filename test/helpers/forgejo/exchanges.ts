import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One request to a forge with its answer; of a path, what differs from run to run is a word. */
export type Exchange = {
  request: string
  /** The fields of the body that was sent. */
  sent: string[]
  status: number
  /** The answer as far as this hub and its tests read it: each field with its type. */
  answer: unknown
}

const file = join(import.meta.dirname, '../../fixtures/forgejo/exchanges.json')

/**
 * What no forge was recorded to answer yet: the description of the interface that Gitea and Forgejo
 * publish says that a pull request takes another title as it takes another state.
 */
const documented: Exchange[] = [
  {
    request: 'PATCH /repos/OWNER/NAME/pulls/N',
    sent: ['title'],
    status: 201,
    answer: {
      ...{ body: 'string', head: { sha: 'string' }, html_url: 'string', id: 'number' },
      ...{ merge_commit_sha: 'null', merged: 'boolean', merged_by: 'null', number: 'number' },
      ...{ state: 'string', title: 'string', updated_at: 'string', user: { login: 'string' } },
    },
  },
]

type Request = { method: string; path: string; body: Record<string, unknown> }

export function exchangeOf(
  { method, path, body }: Request,
  { status, body: answer }: { status: number; body?: unknown },
): Exchange {
  return {
    request: `${method} ${wordsOf(path)}`,
    sent: Object.keys(body).toSorted(),
    status,
    answer: shapeOf(answer, ''),
  }
}

/** What is other about an exchange than about the recorded ones, if it is. */
export function differenceFrom(
  request: Request,
  answer: { status: number; body?: unknown },
): string | undefined {
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as { exchanges: Exchange[] } // By the recorder.
  const now = exchangeOf(request, answer)
  const like = [...recorded.exchanges, ...documented].filter(
    (known) => known.request === now.request && known.status === now.status,
  )
  if (like.some((known) => isWithin(now, known))) return undefined
  const known = like.length === 0 ? 'nothing like it' : JSON.stringify(like)
  return `${JSON.stringify(now)}\nrecorded: ${known}`
}

const wordsOf = (path: string) =>
  path
    .replace(/\/collaborators\/\w+/, '/collaborators/LOGIN')
    .replace(/^\/repos\/[\w-]+\/[\w-]+/, '/repos/OWNER/NAME')
    .replace(/\/(pulls|issues|reviews)\/\d+/g, '/$1/N')
    .replace(/\/pulls\/[a-z]+\/.+$/, '/pulls/BASE/HEAD')

/** What is read of answers; the rest of them is left out, and nobody misses it. */
const read = new Set(
  'login number title body state merged merge_commit_sha merged_by updated_at head.sha id user commit_id official dismissed path position default_branch html_url message'.split(
    ' ',
  ),
)

function shapeOf(value: unknown, under: string): unknown {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.slice(0, 1).map((item) => shapeOf(item, under))
  if (typeof value !== 'object') return typeof value
  const entries = Object.entries(value)
    .filter(([name]) => read.has(name) || read.has(`${under}${name}`) || name === 'head')
    .map(([name, inner]) => [name, shapeOf(inner, name === 'head' ? 'head.' : '')] as const)
  return Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b)))
}

/** Whether an exchange says nothing that the recorded one did not, field for field and type for type. */
function isWithin(now: Exchange, known: Exchange): boolean {
  return now.sent.every((name) => known.sent.includes(name)) && fits(now.answer, known.answer)
}

function fits(now: unknown, known: unknown): boolean {
  if (Array.isArray(now) && Array.isArray(known)) return now.every((item) => fits(item, known[0]))
  if (isObject(now) && isObject(known))
    return Object.entries(now).every(([name, inner]) => fits(inner, known[name]))
  return now === known
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
