const tails = new Map<string, Promise<unknown>>()

/** Runs `work` after everything queued under the same name; a failure does not block the next. */
export function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = tails.get(name) ?? Promise.resolve()
  const current = before.then(work, work)
  tails.set(name, current)
  const forget = () => {
    if (tails.get(name) === current) tails.delete(name)
  }
  current.then(forget, forget)
  return current
}
