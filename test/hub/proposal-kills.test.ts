import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { carrying, signalProcess } from '../../servers/cluster/drivers/processes.ts'
import { git } from '../../servers/kit/git.ts'
import { makeFolder } from '../helpers/folder.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { makeRepo } from '../helpers/repo.ts'
import { readTask, submitRepair, underReview, writePolicy } from '../helpers/review.ts'

/** What can be seen from outside of a task that proposes its work: the store's trail, and Git. */
type Seen = {
  recorded(tool: string): boolean
  /** Head of the task's branch in the hub's copy, and in the repository that it is pushed to. */
  inCopy(): string | undefined
  pushed(): string | undefined
  base: string
}

const steps: [string, (seen: Seen) => boolean][] = [
  ['its worktree is there', ({ inCopy }) => inCopy() !== undefined],
  ['its commit is in Git', ({ inCopy, base }) => (inCopy() ?? base) !== base],
  ['its commit is on record', ({ recorded }) => recorded('commit_create')],
  ['its branch is pushed', ({ pushed }) => pushed() !== undefined],
  ['its change is open', ({ recorded }) => recorded('change_open')],
  ['an artifact is kept', ({ recorded }) => recorded('artifact_create')],
  ['it has reported', ({ recorded }) => recorded('task_report')],
]

function look(data: string, repo: string, task: string, base: string): Seen & Disposable {
  const store = new Database(join(data, 'switchyard.db'), { readonly: true })
  const asked = store.prepare('SELECT 1 FROM audit WHERE tool = ? AND principal LIKE ? AND at > ?')
  const since = Date.now()
  const copies = join(data, 'repos', 'default')
  const headIn = (folder: string) => {
    const file = join(folder, 'refs', 'heads', 'switchyard', task)
    return existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined
  }
  return {
    recorded: (tool) => asked.get(tool, 'agent-%', since) !== undefined,
    inCopy: () =>
      existsSync(copies)
        ? readdirSync(copies)
            .map((name) => headIn(join(copies, name)))
            .find((head) => head !== undefined)
        : undefined,
    pushed: () => headIn(join(repo, '.git')),
    base,
    [Symbol.dispose]: () => void store.close(),
  }
}

/** Kills at the moment at which the step is seen: what comes after it may have begun. */
async function killAt(
  hub: ProcessHub,
  victim: 'hub' | 'agent',
  task: string,
  isReached: () => boolean,
): Promise<void> {
  const deadline = performance.now() + 90_000
  while (!isReached()) {
    if (performance.now() > deadline) throw new Error('the step was never seen')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  if (victim === 'hub') {
    await hub.kill()
    await hub.start()
  } else
    for (const { pid } of carrying('SWITCHYARD_TASK').filter(({ value }) => value === task))
      signalProcess(pid, 'SIGKILL')
}

// Seven proposals, each with a kill and a lease that has to run out.
test.each(['hub', 'agent'] as const)(
  'with the %s killed at any step of a proposal there is one change, with all of the work',
  { timeout: 900_000 },
  async (victim) => {
    const data = makeFolder()
    writePolicy(data, { required: 1 })
    const hub = new ProcessHub(data, ['--lease-ms', '3000', '--log-level', 'silent'])
    onTestFinished(async () => {
      await hub.stop()
    })
    await hub.start()
    const client = hub.client(60_000)
    const changes: string[] = []
    const propose = async ([step, isSeen]: (typeof steps)[number]): Promise<void> => {
      const repo = await makeRepo()
      const base = (await git(['-C', repo, 'rev-parse', 'main'])).trim()
      const { id: task } = await submitRepair(client, repo)
      using seen = look(data, repo, task, base)
      await killAt(hub, victim, task, () => isSeen(seen))
      const { change, revisions } = await underReview(client, task, 1)
      changes.push(change.id)
      expect([step, revisions.map(({ head }) => head)]).toEqual([step, [change.head]])
      expect(seen.pushed()).toBe(change.head)
      expect(await git(['-C', repo, 'show', `${change.head}:src/sum.js`])).toContain('a + b')
      const commits = await git(['-C', repo, 'log', '--format=%s', `${base}..${change.head}`])
      expect([step, commits.trim().split('\n')]).toHaveLength(2)
      expect((await readTask(client, task)).task.result?.change).toBe(change.id)
    }
    // A hub that is killed interrupts all that goes on; agents have nothing to do with one another.
    if (victim === 'agent') await Promise.all(steps.map(propose))
    else for (const step of steps) await propose(step)
    const { items } = await client.call<{ items: { id: string }[] }>('change_list', {})
    expect(items.map(({ id }) => id).toSorted()).toEqual(changes.toSorted())
    expect(await client.call('audit_verify')).toMatchObject({ intact: true })
  },
)
