import type { NoteMeta } from '../note-meta.ts'
import { nameOf } from '../note-meta.ts'
import type { VaultIndex } from '../vault-index.ts'
import type { LinkValue, Value } from './values.ts'
import { readDate } from './values.ts'

/** A link as a value, with the file it leads to from `source`. */
export function linkValue(index: VaultIndex, text: string, source: string): LinkValue {
  const inner = /^\[\[(.*)\]\]$/s.exec(text.trim())?.[1] ?? text
  const [name = '', display] = inner.split('|', 2)
  const found = index.resolve(name.split('#')[0]?.trim() ?? '', source)
  return {
    kind: 'link',
    target: name.trim(),
    display,
    path: found.state === 'missing' ? undefined : found.path,
  }
}

/** A property as a value: dates and links are recognised by how they are written. */
function propertyValue(index: VaultIndex, raw: unknown, source: string): Value {
  if (raw === null || raw === undefined) return null
  if (typeof raw === 'boolean' || typeof raw === 'number') return raw
  if (typeof raw === 'string') {
    if (/^\[\[[^\]]*\]\]$/.test(raw.trim())) return linkValue(index, raw, source)
    return readDate(raw) ?? raw
  }
  if (Array.isArray(raw)) return raw.map((item) => propertyValue(index, item, source))
  if (typeof raw !== 'object') return null
  const entries = Object.entries(raw).map(
    ([key, value]) => [key, propertyValue(index, value, source)] as const,
  )
  return { kind: 'object', entries: Object.fromEntries(entries) }
}

/** A property of the note, whatever the case of its name. */
export function noteProperty(index: VaultIndex, note: NoteMeta, name: string): Value {
  const key =
    name in note.properties
      ? name
      : Object.keys(note.properties).find((other) => other.toLowerCase() === name.toLowerCase())
  return key === undefined ? null : propertyValue(index, note.properties[key], note.path)
}

/** `file.…` of a file, or undefined where there is no such field. */
export function fileField(index: VaultIndex, path: string, field: string): Value | undefined {
  const file = index.file(path)
  const note = index.notes.get(path)
  const name = path.slice(path.lastIndexOf('/') + 1)
  const link = (source: string, target: string): Value => linkValue(index, target, source)
  switch (field) {
    case 'file':
      return { kind: 'file', path }
    case 'name':
      return name
    case 'basename':
      return nameOf(path)
    case 'path':
      return path
    case 'folder':
      return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
    case 'ext':
      return name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : ''
    case 'size':
      return file?.sizeBytes ?? 0
    case 'mtime':
      return { kind: 'date', at: file?.modifiedAt ?? 0, hasTime: true }
    case 'ctime':
      return { kind: 'date', at: file?.createdAt ?? 0, hasTime: true }
    case 'tags':
      return (note?.tags ?? []).map((tag) => `#${tag}`)
    case 'aliases':
      return note?.aliases ?? []
    case 'links':
      return (note?.links ?? [])
        .filter(({ embed, target }) => !embed && target !== '')
        .map(({ target }) => link(path, target))
    case 'embeds':
      return (note?.links ?? [])
        .filter(({ embed, target }) => embed && target !== '')
        .map(({ target }) => link(path, target))
    case 'backlinks':
      return [...new Set(index.backlinksOf(path).map(({ source }) => source))].map((source) =>
        link('', source),
      )
    case 'properties':
      return propertyValue(index, note?.properties ?? {}, path)
    default:
      return undefined
  }
}
