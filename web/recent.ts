export type Recent = { title: string; hash: string }

const key = 'switchyard.recent'
const kept = 8

/** What was opened from the palette last, newest first; this browser's own. */
export function recents(): Recent[] {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(all) ? (all as Recent[]).slice(0, kept) : [] // Written below.
  } catch {
    return [] // No storage, or what another program left there.
  }
}

export function remember(opened: Recent): void {
  const others = recents().filter(({ hash }) => hash !== opened.hash)
  try {
    localStorage.setItem(key, JSON.stringify([opened, ...others].slice(0, kept)))
  } catch {
    // Without storage there is nothing to remember in; the palette works all the same.
  }
}
