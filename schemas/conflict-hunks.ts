const shownHunks = 5
const hunkChars = 2000

/** The first places between conflict markers in a text, each cut to a length that can be shown. */
export function conflictHunks(text: string): string[] {
  const found = text.match(/^<{7} [^\n]*\n[\s\S]*?^>{7} [^\n]*$/gm) ?? []
  return found
    .slice(0, shownHunks)
    .map((hunk) => (hunk.length > hunkChars ? `${hunk.slice(0, hunkChars)}…` : hunk))
}
