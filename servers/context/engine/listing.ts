import { hash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { HubError } from '../../../schemas/errors.ts'
import { FileTree } from '../../kit/files/tree.ts'
import { git, gitRaw } from '../../kit/git.ts'
import type { IndexedSource, InlineDocument } from '../../kit/context-index.ts'
import { isSecretFile } from './redaction.ts'

/** A document that a source has now. `sha` changes with its content; `read` brings its text, or undefined when it is not text. */
export type Listed = {
  path: string
  sha: string
  sizeBytes: number
  modifiedAt: number
  revision: string
  inline: string | undefined
}

export type Listing = {
  revision: string
  documents: Listed[]
  skipped: { path: string; reason: string }[]
  /** Texts of some documents, in any order; what is not UTF-8 is left out. */
  read(documents: Listed[]): AsyncIterable<{ document: Listed; text: string }>
}

const maxFileBytes = 1024 * 1024
const batchBytes = 16 * 1024 * 1024
const notText =
  /\.(?:png|jpe?g|gif|webp|avif|ico|bmp|tiff?|svg|pdf|zip|gz|tgz|bz2|xz|zst|7z|rar|jar|war|class|o|a|so|dylib|dll|exe|wasm|bin|dat|db|sqlite|woff2?|ttf|otf|eot|mp[34]|m4a|ogg|wav|flac|webm|mov|avi|mkv|psd|ai|sketch|fig|pyc|map|lockb|snap|parquet|npy|onnx|pt|safetensors)$/i
const generated =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|Cargo\.lock|poetry\.lock|uv\.lock|go\.sum|composer\.lock|Gemfile\.lock)$|\.min\.(?:js|css)$/
const skippedFolders = new Set([
  'node_modules',
  '.git',
  '.hg',
  '.svn',
  '__pycache__',
  '.venv',
  'venv',
  'target',
  'dist',
  'build',
  '.next',
  '.cache',
  'vendor',
  'coverage',
  '.obsidian',
  '.trash',
])

const reasonToSkip = (path: string, sizeBytes: number): string | undefined => {
  if (isSecretFile(path)) return 'holds secrets'
  if (sizeBytes > maxFileBytes) return `larger than ${maxFileBytes} bytes`
  if (notText.test(path)) return 'not text'
  return generated.test(path) ? 'generated' : undefined
}

/** The files of a repository at a commit. Nothing of the working tree is read, and none of its settings is obeyed. */
export async function listRepository(
  path: string,
  ref: string | undefined,
  only?: RegExp,
): Promise<Listing> {
  const wanted = `${ref ?? 'HEAD'}^{commit}`
  const found = await gitRaw([
    '-C',
    path,
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    wanted,
  ])
  if (found.exitCode !== 0) {
    throw new HubError('not_found', `${path} has no ${ref ?? 'commit'} to read`, {
      hint: 'Commit something, or name another branch.',
    })
  }
  const commit = found.stdout.toString('utf8').trim()
  const [at, listed] = await Promise.all([
    git(['-C', path, 'show', '--no-patch', '--format=%ct', commit]),
    git(['-C', path, 'ls-tree', '-r', '-z', '--long', '--full-tree', commit], {
      maxBytes: 256 * 1024 * 1024,
      timeoutMs: 300_000,
    }),
  ])
  const skipped: Listing['skipped'] = []
  const documents = listed.split('\0').flatMap((entry): Listed[] => {
    const [, mode = '', sha = '', size = '0', name = ''] =
      /^(\d+) \w+ (\w+) +(\S+)\t(.*)$/s.exec(entry) ?? []
    if (!mode.startsWith('100') || (only && !only.test(name))) return [] // Links and submodules are no files.
    if (name.split('/').some((part) => skippedFolders.has(part))) return []
    const reason = reasonToSkip(name, Number(size))
    if (reason === undefined)
      return [
        {
          path: name,
          sha,
          sizeBytes: Number(size),
          modifiedAt: Number(at) * 1000,
          revision: commit,
          inline: undefined,
        },
      ]
    if (reason !== 'not text') skipped.push({ path: name, reason })
    return []
  })
  return {
    revision: commit,
    documents,
    skipped,
    read: (wantedDocuments) => readBlobs(path, wantedDocuments),
  }
}

async function* readBlobs(
  path: string,
  documents: Listed[],
): AsyncIterable<{ document: Listed; text: string }> {
  for (let at = 0; at < documents.length;) {
    const batch: Listed[] = []
    for (let bytes = 0; at < documents.length && batch.length < 2000 && bytes < batchBytes; at++) {
      const document = documents[at]
      if (!document) break
      batch.push(document)
      bytes += document.sizeBytes
    }
    const input = `${batch.map(({ sha }) => sha).join('\n')}\n`
    const { stdout } = await gitRaw(['-C', path, 'cat-file', '--batch'], {
      input,
      maxBytes: 4 * batchBytes,
      timeoutMs: 300_000,
    })
    let offset = 0
    for (const document of batch) {
      const end = stdout.indexOf(10, offset)
      const size = Number(stdout.subarray(offset, end).toString('latin1').split(' ')[2])
      if (end < 0 || Number.isNaN(size)) break
      const text = decode(stdout.subarray(end + 1, end + 1 + size))
      offset = end + size + 2
      if (text !== undefined) yield { document, text }
    }
  }
}

/**
 * A watched folder: a vault, or any other. Hidden files and what the source ignores are left out, and
 * so is the hub's own data directory, which may lie in there, or a link to it be there by now.
 */
export function openTree({ path, ignore, kind }: IndexedSource, dataDir: string): FileTree {
  const [root, own] = [realPathOf(path ?? ''), realPathOf(dataDir)]
  const isOwn = !relative(own, root).startsWith('..')
  const left = [...ignore.map((folder) => folder.replace(/^\/|\/$/g, '')), relative(root, own)]
  const isSpec = kind === 'spec'
  return new FileTree({
    root: path ?? '',
    skip: (file, isFolder) => {
      if (isOwn || left.includes(file)) return true
      const name = file.slice(file.lastIndexOf('/') + 1)
      if (isSpec && isFolder) return !/^(?:specs(?:\/.*)?|\.specify(?:\/memory)?)$/.test(file)
      if (isSpec) return !/^(?:specs\/|\.specify\/memory\/)/.test(file) || name.startsWith('.')
      return name.startsWith('.') || name.endsWith('.tmp') || (isFolder && skippedFolders.has(name))
    },
  })
}

/** A place that is gone has no other path; who reads it says so. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

export function listTree(tree: FileTree): Listing {
  const skipped: Listing['skipped'] = []
  const documents = [...tree.files.values()].flatMap(
    ({ path, sizeBytes, stamp, modifiedAt }): Listed[] => {
      const reason = reasonToSkip(path, sizeBytes)
      if (reason === undefined)
        return [{ path, sha: stamp, sizeBytes, modifiedAt, revision: '', inline: undefined }]
      if (reason !== 'not text') skipped.push({ path, reason })
      return []
    },
  )
  return { revision: '', documents, skipped, read: (wanted) => readFiles(tree.root, wanted) }
}

async function* readFiles(
  root: string,
  documents: Listed[],
): AsyncIterable<{ document: Listed; text: string }> {
  for (const document of documents) {
    const bytes = await readFile(join(root, document.path)).catch(() => undefined) // Gone since it was listed.
    const text = bytes && decode(bytes)
    if (text !== undefined) yield { document, text }
  }
}

/** Documents that were handed in. */
export const listInline = (documents: InlineDocument[]): Listing => ({
  revision: '',
  skipped: [],
  // Of two with one name the later one counts.
  documents: [...new Map(documents.map((document) => [document.path, document])).values()].map(
    ({ path, text, revision, modifiedAt }) => ({
      path,
      sha: hash('sha256', text),
      sizeBytes: text.length,
      modifiedAt,
      revision,
      inline: text,
    }),
  ),
  async *read(wanted) {
    for (const document of wanted) yield { document, text: document.inline ?? '' }
  },
})

function decode(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, 8000).includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n')
  } catch {
    return undefined // Another encoding: not text, as far as this index goes.
  }
}
