import { git, gitRaw } from '../../../servers/kit/git.ts'
import type { Asked } from './double.ts'

export type Answer = { status: number; body?: unknown }
type Pull = {
  by: string
  number: number
  title: string
  body: string
  head: string
  base: string
  state: 'open' | 'closed'
  merged: { commit: string; by: string } | undefined
  changes: number
  comments: object[]
  reviews: { review: object; lines: object[] }[]
}

const missing: Answer = { status: 404, body: { message: 'not found' } }

/** The pull requests of one repository, as the interface of Forgejo and Gitea has them. */
export class Pulls {
  readonly #dir: string
  /** With its owner. */
  readonly #name: string
  readonly #pulls: Pull[] = []
  #id = 0

  static async make(dir: string, name: string): Promise<Pulls> {
    await git(['init', '--quiet', '--bare', '--initial-branch=main', dir])
    await git(['--git-dir', dir, 'config', 'http.receivepack', 'true'])
    return new Pulls(dir, name)
  }

  private constructor(dir: string, name: string) {
    this.#dir = dir
    this.#name = name
  }

  async answer(asked: Asked, rest: string): Promise<Answer> {
    const { method } = asked
    if (rest === '/pulls' && method === 'GET') {
      const page = new URLSearchParams(asked.query).get('page')
      const shown = page === '1' ? this.#pulls.toReversed() : []
      // A list does not say who merged.
      const rows = shown.map(async (pull) => ({ ...(await this.#show(pull)), merged_by: null }))
      return { status: 200, body: await Promise.all(rows) }
    }
    if (rest === '/pulls' && method === 'POST') return this.#create(asked.body, asked.login)
    const between = /^\/pulls\/([a-z]+)\/(.+)$/.exec(rest)
    if (between) {
      const [, base, head] = between
      const open = this.#pulls.find((one) => one.base === base && one.head === head && isOpen(one))
      return open ? { status: 200, body: await this.#show(open) } : missing
    }
    const [, number, what = ''] = /^\/(?:pulls|issues)\/(\d+)(\/.*)?$/.exec(rest) ?? []
    const pull = this.#pulls.find((one) => one.number === Number(number))
    return pull ? this.#ofPull(pull, what, asked) : missing
  }

  async #ofPull(pull: Pull, what: string, { method, body, login }: Asked): Promise<Answer> {
    const user = { login }
    if (method === 'GET' && what === '') return { status: 200, body: await this.#show(pull) }
    if (method === 'GET' && what === '/comments') return { status: 200, body: pull.comments }
    if (method === 'GET' && what === '/reviews')
      return { status: 200, body: pull.reviews.map(({ review }) => review) }
    const lines = /^\/reviews\/(\d+)\/comments$/.exec(what)?.[1]
    if (method === 'GET' && lines !== undefined)
      return { status: 200, body: pull.reviews.find((one) => idOf(one.review) === lines)?.lines }
    pull.changes++
    if (method === 'PATCH') {
      Object.assign(pull, body)
      return { status: 201, body: await this.#show(pull) }
    }
    if (what === '/comments') {
      const comment = { id: ++this.#id, body: body.body, user }
      pull.comments.push(comment)
      return { status: 201, body: comment }
    }
    if (what === '/reviews') return this.#review(pull, body, user)
    return this.#merge(pull, body, login)
  }

  async #create(body: Record<string, unknown>, by: string): Promise<Answer> {
    const { title, body: text, head, base } = body as Pick<Pull, 'title' | 'body' | 'head' | 'base'> // By the hub.
    if (!(await this.#tip(head))) return missing
    const pull: Pull = {
      by,
      number: this.#pulls.length + 1,
      title,
      body: text,
      head,
      base,
      state: 'open',
      merged: undefined,
      changes: 0,
      comments: [],
      reviews: [],
    }
    this.#pulls.push(pull)
    return { status: 201, body: await this.#show(pull) }
  }

  #review(pull: Pull, body: Record<string, unknown>, user: { login: string }): Answer {
    if (body.event !== 'COMMENT' && user.login === 'hub')
      return { status: 422, body: { message: 'approve your own pull is not allowed' } }
    const { event: state, body: text, commit_id: commit, comments } = body
    const review = {
      id: ++this.#id,
      state,
      body: text,
      user,
      commit_id: commit,
      official: user.login === 'owner' && state !== 'COMMENT',
      dismissed: false,
    }
    const lines = ((comments ?? []) as Record<string, unknown>[]).map((line) => ({
      id: ++this.#id,
      body: line.body,
      user,
      path: line.path,
      commit_id: commit,
      position: line.new_position,
    })) // As the interface has them.
    pull.reviews.push({ review, lines })
    return { status: 200, body: review }
  }

  async #merge(pull: Pull, body: Record<string, unknown>, by: string): Promise<Answer> {
    const [head, base] = [await this.#tip(pull.head), await this.#tip(pull.base)]
    if (head !== body.head_commit_id) return { status: 409, body: { message: 'head out of date' } }
    const commit = body.Do === 'fast-forward-only' ? head : await this.#commit(base, head, body)
    if (commit === undefined) return { status: 409, body: { message: 'merge conflict' } }
    await git(['--git-dir', this.#dir, 'update-ref', `refs/heads/${pull.base}`, commit])
    pull.merged = { commit, by }
    pull.state = 'closed'
    return { status: 200 }
  }

  async #commit(base: string, head: string, body: Record<string, unknown>) {
    const at = ['--git-dir', this.#dir]
    const tree = await gitRaw([...at, 'merge-tree', '--write-tree', base, head])
    if (tree.exitCode !== 0) return undefined
    const parents = body.Do === 'squash' ? ['-p', base] : ['-p', base, '-p', head]
    const text = `${String(body.MergeTitleField)}\n\n${String(body.MergeMessageField)}\n`
    const written = tree.stdout.toString('utf8').trim()
    return (await git([...at, 'commit-tree', written, ...parents, '-m', text])).trim()
  }

  async #tip(branch: string): Promise<string> {
    const wanted = ['--verify', '--quiet', `refs/heads/${branch}`]
    const result = await gitRaw(['--git-dir', this.#dir, 'rev-parse', ...wanted])
    return result.stdout.toString('utf8').trim()
  }

  async #show(pull: Pull) {
    const { number, title, body, state, merged, changes, by } = pull
    const head = await this.#tip(pull.head)
    // What a forge offers to fetch of each pull request, whichever repository it comes from.
    if (head) await git(['--git-dir', this.#dir, 'update-ref', `refs/pull/${number}/head`, head])
    return {
      number,
      title,
      body,
      state,
      merged: merged !== undefined,
      merge_commit_sha: merged?.commit ?? null,
      merged_by: merged ? { login: merged.by } : null,
      updated_at: new Date(Date.UTC(2026, 0, 1) + changes * 1000).toISOString(),
      head: { sha: head, ref: pull.head, repo: { full_name: this.#name } },
      base: { ref: pull.base },
      user: { login: by },
      draft: /^(WIP:|\[WIP\])/.test(title),
    }
  }
}

const isOpen = (pull: Pull) => pull.state === 'open'

const idOf = (review: object) => String((review as { id: number }).id) // Made here.
