/** Text that was written and not saved yet, with the version of the note that it is meant for. */
export type Draft = { text: string; etag: string; at: number }

const prefix = 'draft '
const keptDrafts = 40

/** Keeps a text in this browser, where the oldest give way; false when there is no room all the same. */
export function keepDraft(key: string, text: string, etag: string): boolean {
  const others = oldest().filter((name) => name !== prefix + key)
  for (const old of others.splice(0, Math.max(0, others.length - keptDrafts)))
    localStorage.removeItem(old)
  while (!put(key, { text, etag, at: Date.now() })) {
    const old = others.shift()
    if (old === undefined) return false
    localStorage.removeItem(old)
  }
  return true
}

export function draftOf(key: string): Draft | undefined {
  return read(prefix + key)
}

export function dropDraft(key: string): void {
  localStorage.removeItem(prefix + key)
}

function put(key: string, draft: Draft): boolean {
  try {
    localStorage.setItem(prefix + key, JSON.stringify(draft))
    return true
  } catch {
    return false // The browser's room for this page is full.
  }
}

function read(name: string): Draft | undefined {
  try {
    const draft = JSON.parse(localStorage.getItem(name) ?? 'null') as Draft | null // Written here.
    return typeof draft?.text === 'string' ? draft : undefined
  } catch {
    return undefined // Not ours.
  }
}

const oldest = (): string[] =>
  Object.keys(localStorage)
    .filter((name) => name.startsWith(prefix))
    .sort((a, b) => (read(a)?.at ?? 0) - (read(b)?.at ?? 0))
