import { html, nothing } from 'lit'
import { href } from '../route.ts'

/** A note as lists show it: of a search, of a query set, of links. */
export type ListedNote = {
  path: string
  line?: number
  heading?: string[]
  excerpt?: string
  values?: Record<string, unknown>
  group?: string
}

/** A note's name as people write it. */
export const nameOf = (path: string): string =>
  (path.split('/').at(-1) ?? path).replace(/\.md$/i, '')
export const folderOf = (path: string): string => path.split('/').slice(0, -1).join(' / ')

export const noteHref = (vault: string, path: string, params: Record<string, string> = {}) =>
  href('notes', path, { vault, ...params })

/** One note of a list: name, where it lies, and the passage that was found; nothing says the name again. */
export function noteRow(note: ListedNote, at: { href: string; isOpen: boolean; words: string[] }) {
  const { path, heading = [], excerpt = '', values = {} } = note
  const name = nameOf(path)
  const place = [folderOf(path), heading.filter((one) => one.trim() !== name).join(' › ')].filter(
    Boolean,
  )
  const passage = passageText(excerpt, name)
  const shown = Object.entries(values).filter(
    ([key, value]) =>
      !/^(file\.)?(name|path)$/.test(key) && ![name, path, `${name}.md`].includes(valueText(value)),
  )
  return html`<a
    class="note-row"
    data-row
    href=${at.href}
    aria-current=${at.isOpen ? 'true' : nothing}
  >
    <b>${name}</b>
    ${place.length > 0 ? html`<small>${place.join(' · ')}</small>` : nothing}
    ${passage === '' ? nothing : html`<span class="passage">${marked(passage, at.words)}</span>`}
    ${shown.length > 0 ? html`<small>${shown.slice(0, 4).map(([name, value]) => html`<span class="value">${name} ${valueText(value)}</span>`)}</small>` : nothing}
  </a>`
}

/** A value of a property as a reader expects it. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  if (typeof value === 'string') return value.replace(/\[\[(?:[^\]|]*\|)?([^\]|]+)\]\]/g, '$1')
  if (Array.isArray(value)) return value.map(valueText).join(', ')
  if (typeof value === 'object') {
    const { path, name } = value as { path?: unknown; name?: unknown } // A file or link of a base.
    const label = name ?? path
    return typeof label === 'string' ? label : JSON.stringify(value)
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return JSON.stringify(value)
}

/** The words of a search that can stand in a passage, without its operators. */
export function wordsOf(query: string): string[] {
  const plain = query.replace(/\[[^\]]*\]|-\S+|\/[^/]*\/|[\w-]+:(?=\S)/g, ' ')
  return [...plain.matchAll(/"([^"]+)"|([\p{L}\p{N}_#-]{2,})/gu)]
    .map(([, phrase, word]) => (phrase ?? word ?? '').toLowerCase())
    .filter((word) => word !== '' && word !== 'or')
    .slice(0, 20)
}

/** A passage without the marks that only say how it looks, and without the name of its note as a heading. */
const passageText = (excerpt: string, name: string): string =>
  excerpt
    .trim()
    .replace(/^#{1,6} (.*)\n?/gm, (line, title: string) => (title.trim() === name ? '' : line))
    .replace(/!?\[\[(?:[^\]|]*\|)?([^\]|]+)\]\]/g, '$1')
    .replace(/^[ \t]*(?:[-*+] |\d+\. )?\[([ xX])\] /gm, (_, mark: string) =>
      mark === ' ' ? '☐ ' : '☑ ',
    )
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]) /gm, '')
    .replace(/\*\*|`/g, '')
    .trim()

function marked(text: string, words: string[]) {
  if (words.length === 0) return text
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  return text
    .split(new RegExp(`(${pattern})`, 'giu'))
    .map((part, at) => (at % 2 === 1 ? html`<mark>${part}</mark>` : part))
}
