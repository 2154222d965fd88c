import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'
import { RemoteAgent } from '../../helpers/remote-agent.ts'
import { makeRepo } from '../../helpers/repo.ts'
import { submitRepair, underReview, writePolicy } from '../../helpers/review.ts'

/** What lies on disk while a remote agent proposes its work. */
type Seen = {
  base: string
  /** Heads of the task's branch: in the agent's clone, where it was pushed to, and in the hub's copy. */
  cloned(): string | undefined
  pushed(): string | undefined
  taken(): string | undefined
  /** Whether a push is being received. */
  isReceiving(): boolean
}

const isMoved = (base: string, head: string | undefined) => head !== undefined && head !== base

/** The moment of each kill: what is there already, and what cannot be there yet. */
const moments = {
  'between its commit and its push': {
    isReached: ({ base, cloned }: Seen) => isMoved(base, cloned()),
    isEarly: ({ base, pushed }: Seen) => !isMoved(base, pushed()),
  },
  'between its push and the call that takes it': {
    isReached: ({ base, pushed }: Seen) => isMoved(base, pushed()),
    isEarly: ({ base, taken }: Seen) => !isMoved(base, taken()),
  },
  'in the middle of a push': {
    isReached: ({ isReceiving }: Seen) => isReceiving(),
    isEarly: ({ base, taken }: Seen) => !isMoved(base, taken()),
  },
}

const foldersIn = (path: string): string[] =>
  existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : []

function look(hub: ProcessHub, agent: RemoteAgent, task: string, base: string): Seen {
  const headIn = (folder: string) => {
    const file = join(folder, 'refs', 'heads', 'switchyard', task)
    return existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined
  }
  const exchange = () =>
    foldersIn(join(hub.data, 'exchange'))
      .map((repository) => join(repository, `${task}.git`))
      .find(existsSync) ?? '/nonexistent'
  const copies = join(hub.data, 'repos', 'default')
  return {
    base,
    cloned: () => headIn(join(agent.tree(task), '.git')),
    pushed: () => headIn(exchange()),
    taken: () =>
      foldersIn(copies)
        .map(headIn)
        .find((head) => head !== undefined),
    isReceiving: () =>
      foldersIn(join(exchange(), 'objects')).some((path) => path.includes('incoming')),
  }
}

test.each([
  ['agent', 'between its commit and its push'],
  ['agent', 'between its push and the call that takes it'],
  ['agent', 'in the middle of a push'],
  ['hub', 'in the middle of a push'],
] as const)(
  'with the %s killed %s there is one change with all of the work',
  async (victim, moment) => {
    const data = makeFolder()
    writePolicy(data, { required: 1 })
    const port = 20_000 + Math.floor(Math.random() * 20_000)
    const args = ['--dispatch', 'off', '--lease-ms', '3000', '--log-level', 'silent']
    const hub = new ProcessHub(data, [...args, '--port', String(port)])
    onTestFinished(async () => {
      await hub.stop()
    })
    await hub.start()
    const client = hub.client(60_000)
    const repo = await makeRepo()
    const base = (await git(['-C', repo, 'rev-parse', 'main'])).trim()
    const agent = new RemoteAgent({ url: hub.url, token: hub.token })
    agent.start()
    const { id: task } = await submitRepair(client, repo)
    const seen = look(hub, agent, task, base)
    const deadline = performance.now() + 90_000
    while (!moments[moment].isReached(seen)) {
      if (performance.now() > deadline) throw new Error(`never seen; ${agent.output}`)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await (victim === 'agent' ? agent : hub).kill()
    expect(moments[moment].isEarly(seen)).toBe(true)
    if (victim === 'agent') agent.start()
    else await hub.start()
    const { change, revisions } = await underReview(client, task, 1)
    expect(revisions.map(({ head }) => head)).toEqual([change.head])
    expect(await git(['-C', repo, 'show', `${change.head}:src/sum.js`])).toContain('a + b')
    const commits = await git(['-C', repo, 'log', '--format=%s', `${base}..${change.head}`])
    expect(commits.trim().split('\n')).toHaveLength(1)
    expect(seen.cloned()).toBe(change.head)
    expect(await client.call('audit_verify')).toMatchObject({ intact: true })
  },
)
