import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readReference } from './reference-parser.ts'
import { ReferenceResolver } from './reference-resolver.ts'

/** What one file of a vault names: by a link, or as a canvas and a base do, by a whole path. */
type Mention = { kind: 'link' | 'path'; target: string; line: number }

/** A mention with the file it leads to, if it leads to one. */
export type Reference = { line: number; target: string; leadsTo: string | undefined }

/** All that the files of a vault name, in order, read by the reference parser; a text is parsed once. */
export class VaultReferences {
  readonly #root: string
  readonly #read = new Map<string, Mention[]>()

  constructor(root: string) {
    this.#root = root
  }

  read(): Map<string, Reference[]> {
    const paths = filesBelow(this.#root)
    const resolver = new ReferenceResolver(paths)
    const all = new Set(paths)
    const found = new Map<string, Reference[]>()
    for (const path of paths) {
      if (!/\.(md|canvas|base)$/i.test(path)) continue
      const mentions = this.#mentions(path, readFileSync(join(this.#root, path), 'utf8'))
      found.set(
        path,
        mentions.map(({ kind, target, line }) => ({
          line,
          target,
          leadsTo:
            kind === 'link' ? resolver.resolve(target, path) : all.has(target) ? target : undefined,
        })),
      )
    }
    return found
  }

  #mentions(path: string, text: string): Mention[] {
    const key = `${path.split('.').at(-1)}\n${text}`
    const known = this.#read.get(key)
    if (known) return known
    const mentions = path.endsWith('.canvas')
      ? canvasMentions(text)
      : path.endsWith('.base')
        ? baseMentions(text)
        : noteMentions(text)
    this.#read.set(key, mentions)
    return mentions
  }
}

/** Paths of the files that a vault shows: nothing whose name, or whose folder's, begins with a dot. */
export const filesBelow = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !/(^|\/)\./.test(path))
    .toSorted()

const noteMentions = (text: string): Mention[] =>
  readReference(text).links.map(({ target, start }) => ({
    kind: 'link',
    target,
    line: text.slice(0, start).split('\n').length,
  }))

type Canvas = { nodes?: { file?: string; text?: string; background?: string }[] }

function canvasMentions(text: string): Mention[] {
  if (text.trim() === '') return []
  const { nodes = [] } = JSON.parse(text) as Canvas // As JSON Canvas has it; anything else fails below.
  return nodes.flatMap(({ file, text: words, background }) => [
    ...[file, background].flatMap((target): Mention[] =>
      target === undefined ? [] : [{ kind: 'path', target, line: 1 }],
    ),
    ...(words === undefined ? [] : noteMentions(words)),
  ])
}

const baseMentions = (text: string): Mention[] =>
  [...text.matchAll(/"([^"\n]+\.[a-z]+)"|\[\[([^[\]|\n]+)/g)].map(([, path, link]) =>
    path === undefined
      ? { kind: 'link', target: link ?? '', line: 1 }
      : { kind: 'path', target: path, line: 1 },
  )
