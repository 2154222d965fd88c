/** What somebody behind the hub follows: addresses of resources, ids of tasks. */
export type Followed = { resource: string[]; task: string[] }

type Change = (what: keyof Followed, id: string) => void

/** Counts who follows what of one upstream, which is asked for it once and told when nobody does. */
export class Followers {
  readonly #counts = { resource: new Map<string, number>(), task: new Map<string, number>() }
  readonly #onFirst: Change
  readonly #onLast: Change

  constructor(onFirst: Change, onLast: Change) {
    this.#onFirst = onFirst
    this.#onLast = onLast
  }

  get followed(): Followed {
    const { resource, task } = this.#counts
    return { resource: [...resource.keys()], task: [...task.keys()] }
  }

  get isEmpty(): boolean {
    return this.#counts.resource.size + this.#counts.task.size === 0
  }

  /** Follows until the returned function is called. */
  add(what: keyof Followed, id: string): () => void {
    const counts = this.#counts[what]
    const before = counts.get(id) ?? 0
    counts.set(id, before + 1)
    if (before === 0) this.#onFirst(what, id)
    return () => {
      const left = (counts.get(id) ?? 1) - 1
      if (left > 0) return void counts.set(id, left)
      counts.delete(id)
      this.#onLast(what, id)
    }
  }
}
