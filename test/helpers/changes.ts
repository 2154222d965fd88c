import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Change } from '../../schemas/change.ts'
import type { Workspace } from '../../schemas/repo.ts'
import type { TestHub } from './hub.ts'

/** A change that turns `-` into `+`, open for review. */
export async function openChange(hub: TestHub, repo: string, name = 'task-one'): Promise<Change> {
  const space = await hub.call<Workspace>('branch_create', { repo, task: name })
  writeFileSync(join(space.path, 'src/sum.js'), 'export function sum(a, b) {\n  return a + b\n}\n')
  await hub.call('commit_create', { task: name, message: 'Add, do not subtract' })
  return hub.call<Change>('change_open', { task: name, title: 'Add, do not subtract' })
}
