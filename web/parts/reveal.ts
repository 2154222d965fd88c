const shownMs = 2000
const patienceMs = 3000

/** Brings the passage that says something into sight, once it is there, and marks it for a moment. */
export function reveal(inside: HTMLElement, text: string, since = performance.now()): void {
  const wanted = plain(text)
  if (wanted === '') return
  const found = placeOf(inside, wanted)
  if (!found) {
    // What is shown inside may still be on its way.
    if (performance.now() - since < patienceMs) setTimeout(() => reveal(inside, text, since), 100)
    return
  }
  found.scrollIntoView({ block: 'center' })
  found.classList.add('found')
  setTimeout(() => found.classList.remove('found'), shownMs)
}

/** A heading of these very words, or else the smallest first passage that holds them. */
function placeOf(inside: HTMLElement, wanted: string): HTMLElement | undefined {
  const all = [
    ...inside.querySelectorAll<HTMLElement>(
      'sy-markdown :is(h1, h2, h3, h4, h5, h6, p, li, td, pre), .callout > b',
    ),
  ].filter((element) => plain(element.textContent).includes(wanted))
  const heading = all.find(
    (element) => /^H\d$/.test(element.tagName) && plain(element.textContent) === wanted,
  )
  return heading ?? all.find((one) => !all.some((other) => other !== one && one.contains(other)))
}

/** Letters and digits alone: what is rendered has no marks of Markdown. */
const plain = (text: string): string =>
  text
    .replace(/\[\[(?:[^\]|]*\|)?([^\]|]*)\]\]|\]\([^)]*\)|^\s*(?:[-*+]|\d+\.)\s+(?:\[.\])?/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .slice(0, 60)
