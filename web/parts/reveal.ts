const shownMs = 2000
const patienceMs = 3000

/** Brings the passage that says something into sight, once it is there, and marks it for a moment. */
export function reveal(inside: HTMLElement, text: string, since = performance.now()): void {
  const wanted = plain(text)
  if (wanted === '') return
  const found = [
    ...inside.querySelectorAll<HTMLElement>(
      'sy-markdown :is(h1, h2, h3, h4, h5, h6, p, li, td, pre), .callout > b',
    ),
  ].findLast((element) => plain(element.textContent ?? '').includes(wanted))
  if (!found) {
    // What is shown inside may still be on its way.
    if (performance.now() - since < patienceMs) setTimeout(() => reveal(inside, text, since), 100)
    return
  }
  found.scrollIntoView({ block: 'center' })
  found.classList.add('found')
  setTimeout(() => found.classList.remove('found'), shownMs)
}

/** Letters and digits alone: what is rendered has no marks of Markdown. */
const plain = (text: string): string =>
  text
    .replace(/\[\[(?:[^\]|]*\|)?([^\]|]*)\]\]|\]\([^)]*\)|^\s*(?:[-*+]|\d+\.)\s+(?:\[.\])?/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .slice(0, 60)
