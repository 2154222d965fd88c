import type { Task } from '../schemas/task.ts'

type Seen = { before: number; ids: string[] }

const key = 'switchyard.seen'
const keptIds = 300
/** What failed before the first visit, and longer ago than this, is history. */
const firstLookMs = 7 * 86_400_000

const listeners = new Set<() => void>()

/** Whether this browser's person has looked at a failure. What failed stays in sight until then. */
export function isSeen({ id, finishedAt = 0 }: Task): boolean {
  const { before, ids } = read()
  return finishedAt <= before || ids.includes(id)
}

export function markSeen(id: string): void {
  const { before, ids } = read()
  if (!ids.includes(id)) write({ before, ids: [...ids, id].slice(-keptIds) })
}

/** Everything that had failed by an instant of the hub. */
export function markAllSeen(before: number): void {
  write({ before, ids: [] })
}

export function onSeen(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function read(): Seen {
  const start = { before: Date.now() - firstLookMs, ids: [] }
  try {
    return { ...start, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Seen>) } // Written below.
  } catch {
    return start // No storage, or what another program left there.
  }
}

function write(seen: Seen): void {
  try {
    localStorage.setItem(key, JSON.stringify(seen))
  } finally {
    for (const listener of listeners) listener()
  }
}
