import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Context } from '../kit/context.ts'
import type { Edit } from '../kit/files/edits.ts'
import { applyEdits, describeEdits } from '../kit/files/edits.ts'
import { assertOutsideDataDir } from '../kit/files/data-dir-guard.ts'
import { insideFolder } from '../kit/files/jail.ts'
import { withFileLock } from '../kit/files/lock.ts'
import type { TextFile } from '../kit/files/text-file.ts'
import { assertMatch, etagOf, readTextFile, replaceTextFile } from '../kit/files/text-file.ts'
import { git } from '../kit/git.ts'
import { workingTree } from '../kit/repositories.ts'

export const projectInput = {
  repo: z.string().max(4096).describe('Repository id, or absolute path on the hub machine'),
  project: z
    .string()
    .max(500)
    .default('')
    .describe(
      'Folder of the Spec-Kit project inside the repository; default: the repository itself',
    ),
}

export const featureInput = {
  ...projectInput,
  feature: z
    .string()
    .min(1)
    .max(300)
    .describe('Feature: its folder under specs/, its number, or its name'),
}

/** A Spec-Kit project: a folder with `.specify` or `specs`. Features are named on every call. */
export type Project = { repo: string; org: string; path: string } & ProjectFolder

/** Where a project is, and the hub's own folder, which nothing in it may lead to. */
export type ProjectFolder = { root: string; dataDir: string }

export async function openProject(
  ctx: Context,
  input: { repo: string; project: string },
): Promise<Project> {
  const { id, org, path } = await workingTree(ctx, input.repo)
  const { dataDir } = ctx
  const root =
    input.project === '' ? path : await insideProject({ root: path, dataDir }, input.project)
  return { repo: id, org, path, root, dataDir }
}

/** The absolute path of a file or folder of the project, wherever links lead. */
export async function insideProject(folder: ProjectFolder, path: string): Promise<string> {
  const found = await insideFolder(folder.root, path)
  await assertOutsideDataDir(folder, found)
  return found
}

/** Markdown documents of a feature, relative to its folder, two levels deep. */
export async function documentsOf(project: Project, feature: string): Promise<string[]> {
  const folder = join(project.root, 'specs', feature)
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const names = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => name.split('/').length <= 2)
  return names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

const usual = ['spec.md', 'plan.md', 'tasks.md', 'research.md', 'data-model.md', 'quickstart.md']
const rank = (name: string) => (usual.includes(name) ? usual.indexOf(name) : usual.length)

export async function readDocument(
  project: Project,
  feature: string,
  name: string,
): Promise<TextFile> {
  const shown = `specs/${feature}/${name}`
  return readTextFile(await insideProject(project, shown), shown)
}

export type Written = { path: string; etag: string; changed: boolean; diff?: string | undefined }

/**
 * Changes one document under the lock that all worktrees of the repository share: read, decide on
 * edits, write. Nothing is written when there is nothing to change.
 */
export async function changeDocument(
  project: Project,
  target: { feature: string; name: string; ifMatch?: string | undefined; dryRun?: boolean },
  decide: (file: TextFile) => Edit[],
): Promise<Written> {
  const shown = `specs/${target.feature}/${target.name}`
  return withProjectLock(project, async () => {
    const file = await readDocument(project, target.feature, target.name)
    assertMatch(file, target.ifMatch, shown)
    const edits = decide(file)
    const text = applyEdits(file.text, edits)
    if (text === file.text) return { path: shown, etag: file.etag, changed: false }
    if (target.dryRun)
      return {
        path: shown,
        etag: etagOf(text),
        changed: true,
        diff: describeEdits(file.text, edits),
      }
    return { path: shown, etag: replaceTextFile(file, text, shown), changed: true }
  })
}

export async function withProjectLock<T>(project: Project, work: () => Promise<T>): Promise<T> {
  const common = (await git(['-C', project.path, 'rev-parse', '--git-common-dir'])).trim()
  return withFileLock(join(resolve(project.path, common), 'switchyard-specs.lock'), work)
}

/** Audits a change of a document and tells those who follow it. */
export const announce = (
  ctx: Context,
  project: Project,
  feature: string,
  kind: string,
  data: Record<string, unknown>,
) =>
  ctx.transaction(async (tx) => {
    const subject = `spec:${project.repo}:${feature}`
    await tx.event({
      kind,
      org: project.org,
      subject,
      data: { repo: project.path, feature, ...data },
    })
    tx.about(subject)
  })
