import type { Principal } from '../../schemas/principal.ts'
import type { Reader } from '../../servers/kit/sql.ts'
import { readRepositoriesAt, readRepository } from '../../servers/kit/store/repositories.ts'
import { readPod } from '../../servers/cluster/store/pods.ts'
import { readArtifact } from '../../servers/orchestration/store/artifacts.ts'
import { readPlan } from '../../servers/orchestration/store/plans.ts'
import { readTask } from '../../servers/orchestration/store/tasks.ts'
import { readTrigger } from '../../servers/orchestration/store/triggers.ts'
import { readChange } from '../../servers/radicle/store/changes.ts'

type Row = { org: string } | undefined

/** What a call names, and how its org is found; a tool's own `org` says it outright. */
const named: Record<string, (reader: Reader, id: string) => Promise<Row>> = {
  task: readTask,
  change: readChange,
  plan: readPlan,
  pod: readPod,
  trigger: readTrigger,
  artifact: async (reader, id) => {
    const artifact = await readArtifact(reader, id)
    return artifact && readTask(reader, artifact.task)
  },
  // An id, or a path, which several orgs may work on.
  repo: async (reader, repo) => {
    const known = await readRepository(reader, repo)
    if (known) return known
    const [only, ...others] = await readRepositoriesAt(reader, repo)
    return others.length === 0 ? only : undefined
  },
}

/**
 * The org that a call is about: that of what it names, as far as its caller may act there; else the
 * caller's own. Whoever belongs to every org asks the people of the one that it happens to.
 */
export async function subjectOrg(
  reader: Reader,
  { orgs, chat }: Principal,
  args: unknown,
): Promise<string> {
  const isOpen = (org: string) => orgs.includes('*') || orgs.includes(org)
  const given = { ...(args as object | undefined) } as Record<string, unknown> // Of whatever shape.
  if (typeof given.org === 'string' && isOpen(given.org)) return given.org
  for (const [field, read] of Object.entries(named)) {
    const id = given[field]
    const row = typeof id === 'string' ? await read(reader, id) : undefined
    if (row && isOpen(row.org)) return row.org
  }
  const own = orgs.find((org) => org !== '*')
  return own ?? chat?.org ?? 'default'
}
