import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Node, Parser as ParserType } from '@vscode/tree-sitter-wasm'
import type { Chunk } from './piece.ts'
import { maxChars, targetChars } from './piece.ts'
import { textChunks } from './text.ts'

const require = createRequire(import.meta.url)
const grammars: Record<string, string> = {
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'tsx',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  py: 'python',
  pyi: 'python',
  go: 'go',
  rs: 'rust',
  java: 'java',
  c: 'cpp',
  h: 'cpp',
  cc: 'cpp',
  cpp: 'cpp',
  hpp: 'cpp',
  cs: 'c-sharp',
  rb: 'ruby',
  php: 'php',
  sh: 'bash',
  bash: 'bash',
  css: 'css',
  ps1: 'powershell',
}

/** Languages that have a grammar here, by the ending of the file. */
export const languageOf = (path: string): string | undefined =>
  grammars[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '']

let loading: Promise<unknown> = Promise.resolve()
let initialized: Promise<void> | undefined
const parsers = new Map<string, Promise<ParserType>>()
const maxCodeChars = 400_000

/** Cuts code at its declarations, below the names of those around them. Undefined when it cannot be parsed: then lines do. */
export async function codeChunks(language: string, text: string): Promise<Chunk[] | undefined> {
  if (text.length > maxCodeChars) return undefined
  try {
    const parser = await parserOf(language)
    const tree = parser.parse(text)
    if (!tree) return undefined
    try {
      const pieces: Piece[] = []
      cut(tree.rootNode, [], text, 0, text.length, pieces)
      return toChunks(pieces, text)
    } finally {
      tree.delete()
    }
  } catch {
    parsers.delete(language) // A grammar that failed on this text may be broken for the next; it is loaded anew.
    return undefined
  }
}

type Piece = { headingPath: string; start: number; end: number }

/**
 * Walks the children of a node and puts small ones together. One that is large is cut at its own
 * children; one that has a name is a piece of its own unless it is tiny. Positions are kept without
 * gaps: what is between two nodes, such as a comment, goes with the one after it.
 */
function cut(
  node: Node,
  names: string[],
  text: string,
  from: number,
  to: number,
  pieces: Piece[],
): void {
  let start = from
  let open: string[] = []
  const emit = (end: number) => {
    if (end > start)
      pieces.push({
        headingPath: [...names, open.slice(0, 4).join(', ')].filter(Boolean).join(' > '),
        start,
        end,
      })
    start = end
    open = []
  }
  const children = node.namedChildren.filter((child) => child !== null)
  for (const [index, child] of children.entries()) {
    const end = index === children.length - 1 ? to : child.endIndex
    const name = nameOf(child)
    const size = child.endIndex - child.startIndex
    if (size > maxChars && child.namedChildCount > 0) {
      emit(lineStart(text, child.startIndex, start))
      cut(
        child,
        name === undefined || name === names.at(-1) ? names : [...names, name],
        text,
        start,
        end,
        pieces,
      )
      start = end
      continue
    }
    const isOwn = name !== undefined && size > targetChars / 4
    if (
      start < child.startIndex &&
      (child.endIndex - start > targetChars || isOwn) &&
      open.length > 0
    )
      emit(lineStart(text, child.startIndex, start))
    if (name !== undefined) open.push(name)
    if (end - start > targetChars || isOwn) emit(end)
  }
  emit(to)
}

/** Comments right above a declaration go with it: the break is after the last blank line before it. */
function lineStart(text: string, position: number, from: number): number {
  const blank = text.lastIndexOf('\n\n', position)
  return blank >= from ? blank + 2 : Math.max(from, text.lastIndexOf('\n', position - 1) + 1)
}

function nameOf(node: Node): string | undefined {
  const own = node.childForFieldName('name')?.text
  if (own !== undefined) return own.slice(0, 80)
  const inner = node.childForFieldName('declaration') ?? node.childForFieldName('definition')
  if (inner) return nameOf(inner)
  if (node.type === 'impl_item') return node.childForFieldName('type')?.text.slice(0, 80)
  const declarator =
    node.childForFieldName('declarator') ??
    node.namedChildren.find((child) => child?.type === 'variable_declarator')
  return declarator ? nameOf(declarator) : undefined
}

/** Whole lines from pieces; neighbours that are tiny join while they fit, huge ones are cut by lines. */
function toChunks(pieces: Piece[], text: string): Chunk[] {
  const chunks: Chunk[] = []
  let line = 1
  let at = 0
  for (const { headingPath, start, end } of joinTiny(pieces)) {
    line += text.slice(at, start).match(/\n/g)?.length ?? 0
    at = start
    const raw = text.slice(start, end)
    const lead = /^\s*\n/.exec(raw)?.[0] ?? ''
    const body = raw.slice(lead.length).trimEnd()
    if (body === '') continue
    const line0 = line + (lead.match(/\n/g)?.length ?? 0)
    if (body.length > maxChars) chunks.push(...textChunks(body, headingPath, line0))
    else
      chunks.push({
        headingPath,
        line0,
        line1: line0 + (body.match(/\n/g)?.length ?? 0),
        text: body,
      })
  }
  return chunks
}

function joinTiny(pieces: Piece[]): Piece[] {
  const joined: Piece[] = []
  for (const piece of pieces) {
    const before = joined.at(-1)
    const isTiny = piece.end - piece.start < 200 || (before && before.end - before.start < 200)
    if (before && isTiny && piece.end - before.start <= targetChars) {
      before.end = piece.end
      if (piece.headingPath !== before.headingPath)
        before.headingPath =
          before.headingPath === ''
            ? piece.headingPath
            : piece.headingPath === ''
              ? before.headingPath
              : `${before.headingPath}, ${piece.headingPath}`.slice(0, 200)
    } else joined.push({ ...piece })
  }
  return joined
}

function parserOf(language: string): Promise<ParserType> {
  const known = parsers.get(language)
  if (known) return known
  // One after another: the library mixes up grammars that are loaded at once.
  const made = loading.then(async () => {
    const library = await import('@vscode/tree-sitter-wasm')
    const { Parser, Language } =
      'default' in library ? (library.default as typeof library) : library // A CommonJS package.
    initialized ??= Parser.init()
    await initialized
    const folder = dirname(require.resolve('@vscode/tree-sitter-wasm'))
    const parser = new Parser()
    parser.setLanguage(await Language.load(join(folder, `tree-sitter-${language}.wasm`)))
    return parser
  })
  loading = made.catch(() => undefined) // Told to whoever asked for it.
  parsers.set(language, made)
  return made
}
