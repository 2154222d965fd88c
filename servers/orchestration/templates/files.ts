import { hash } from 'node:crypto'
import { parse } from 'yaml'
import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import { TemplateFile } from '../../../schemas/template.ts'
import { commitAt, git, gitRaw } from '../../kit/git.ts'
import { isBuiltIn } from './catalogue.ts'

const folder = '.switchyard/templates'
const maxFiles = 50
const maxBytes = 64 * 1024

/** A template as a file of a commit says it. */
export type ReadTemplate = {
  path: string
  body: string
  digest: string
  definition: TemplateFile
}

/** The commit that a branch, tag or hash of a repository names. */
export async function commitOf(repo: string, ref = 'HEAD'): Promise<string> {
  const commit = await commitAt(['-C', repo], ref)
  if (commit) return commit
  throw new HubError('not_found', `${repo} has no branch, tag or commit ${JSON.stringify(ref)}`, {
    hint: 'repo_read lists the branches.',
  })
}

/** The templates that a repository holds at a commit; what is no valid template is refused by name. */
export async function readTemplates(repo: string, commit: string): Promise<ReadTemplate[]> {
  const listed = await git(['-C', repo, 'ls-tree', '-z', '-l', commit, '--', `${folder}/`])
  const files = listed.split('\0').flatMap((line) => {
    const [, mode, size, path] = /^(\d+) blob \S+ +(\d+)\t(.+)$/s.exec(line) ?? []
    // A symbolic link is a blob, too, and leads anywhere.
    const isFile = mode === '100644' || mode === '100755'
    return path && isFile && /\.ya?ml$/.test(path) ? [{ path, size: Number(size) }] : []
  })
  if (files.length > maxFiles)
    throw invalidFile(folder, `it holds ${files.length} templates; the limit is ${maxFiles}`)
  const read = await Promise.all(
    files.map(async ({ path, size }) => {
      if (size > maxBytes) throw invalidFile(path, `it has ${size} bytes; the limit is ${maxBytes}`)
      return parseTemplate(path, await git(['-C', repo, 'cat-file', 'blob', `${commit}:${path}`]))
    }),
  )
  for (const { path, definition } of read) {
    const twin = read.find(
      (other) => other.path !== path && other.definition.name === definition.name,
    )
    if (twin) throw invalidFile(path, `${twin.path} has the same name, ${definition.name}`)
  }
  return read
}

/** One file at a commit as it stands, or undefined when it is not there. */
export async function fileAt(
  repo: string,
  commit: string,
  path: string,
): Promise<string | undefined> {
  const found = await gitRaw(['-C', repo, 'cat-file', 'blob', `${commit}:${path}`], {
    maxBytes: 2 * maxBytes,
  })
  return found.exitCode === 0 ? found.stdout.toString('utf8') : undefined
}

/** The definition in a file's text. Also for text that was trusted before. */
export function parseTemplate(path: string, body: string): ReadTemplate {
  let value: unknown
  try {
    value = parse(body, { maxAliasCount: 0 })
  } catch (error) {
    throw invalidFile(
      path,
      `not YAML: ${error instanceof Error ? error.message.slice(0, 300) : ''}`,
    )
  }
  const parsed = TemplateFile.safeParse(value)
  if (!parsed.success) throw invalidFile(path, z.prettifyError(parsed.error).slice(0, 1000))
  if (isBuiltIn(parsed.data.name))
    throw invalidFile(path, `the name ${parsed.data.name} is taken by a template of the hub`)
  return { path, body, digest: hash('sha256', body), definition: parsed.data }
}

const invalidFile = (path: string, why: string) =>
  new HubError('invalid', `${path}: ${why}`, {
    hint: 'docs/templates.md shows what a template holds.',
  })

/** What changed in the templates of a repository between two commits, or since none. */
export async function templatesDiff(
  repo: string,
  from: string | undefined,
  to: string,
): Promise<string> {
  const empty = '4b825dc642cb6eb9a060e54bf8d69288fbee4904' // Git's own name for a tree of nothing.
  const plain = ['--no-ext-diff', '--no-textconv', '--no-color']
  const compare = (start: string) =>
    gitRaw(['-C', repo, 'diff', ...plain, '--end-of-options', start, to, '--', `${folder}/`], {
      maxBytes: 256 * 1024,
    })
  const known = from === undefined ? undefined : await compare(from)
  // A commit that was trusted may be gone after a rewrite of history; then all of it is new.
  const result = known?.exitCode === 0 ? known : await compare(empty)
  return result.stdout.toString('utf8')
}
