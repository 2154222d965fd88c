import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Change } from '../../../schemas/change.ts'
import type { Workspace } from '../../../schemas/repo.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { writeFiles } from '../../helpers/repo.ts'

/** A repository as its provider keeps it, seen without the hub. Its default branch is `main`. */
export type ProvidedRepository = {
  path: string
  /** Text of a file on a branch. */
  read(branch: string, file: string): Promise<string>
  /** Hashes of the commits on a branch, the newest first. */
  commits(branch: string): Promise<string[]>
  /** Puts a commit on `main` that no change proposed. */
  commit(files: Record<string, string>): Promise<void>
  /** What `switchyard.json` has to say for a hub to work with it. */
  config?: Record<string, unknown>
  /** Has somebody else propose that on a branch of their own; returns what it is called there. */
  proposeForeign(files: Record<string, string>, title: string): Promise<Foreign>
  /** Whether a change is a draft there, where drafts are known there. */
  isDraft?(change: Change): Promise<boolean>
  /** Lets this name merge there, where not every hub may. */
  trust?(identity: string): Promise<void>
}

type Foreign = {
  handle: string
  author: string
  /** Adds a commit to what they proposed, and returns it. */
  revise(files: Record<string, string>): Promise<string>
  /** Says something of it there, where that is possible. */
  say?(body: string): Promise<void>
}

export const task = 'task-one'

/** A data directory for a hub that is to work with the repository. */
export function dataFor({ config = {} }: ProvidedRepository): string {
  const data = makeFolder('hub')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ allowUnisolated: true, ...config }))
  return data
}

/** Work on a task's branch, committed and not yet proposed. */
export async function work(
  hub: TestHub,
  repository: ProvidedRepository,
  files: Record<string, string>,
  of = task,
) {
  const { path, trust } = repository
  const space = await hub.call<Workspace>('branch_create', { repo: path, task: of })
  const { about } = await hub.call<{ about?: { identity: string } }>('repo_read', { repo: path })
  if (about) await trust?.(about.identity)
  writeFiles(space.path, files)
  await hub.call('commit_create', { task: of, message: 'Work' })
}

export const propose = (hub: TestHub, of = task) =>
  hub.call<Change>('change_open', { task: of, title: 'Work', summary: 'what it does' })

export const mergeOf = (change: Change, more: object = {}) => ({
  change: change.id,
  expect_head: change.head,
  update_checkout: true,
  ...more,
})
