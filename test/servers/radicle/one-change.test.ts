import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change } from '../../../schemas/change.ts'
import type { Workspace } from '../../../schemas/repo.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { startHub } from '../../helpers/hub.ts'
import { makeRepo } from '../../helpers/repo.ts'

const task = 'task-one'
const database = /switchyard\.db/

type Step = { name: string; run(hub: TestHub, repo: string): Promise<unknown> }

const write = async (hub: TestHub, repo: string, text: string) => {
  const { path } = await hub.call<Workspace>('branch_create', { repo, task })
  writeFileSync(join(path, 'one.txt'), text)
}
const commit = (message: string): Step => ({
  name: message,
  run: (hub) => hub.call('commit_create', { task, message }),
})
const propose = (name: string, more: object = {}): Step => ({
  name,
  run: (hub) => hub.call('change_open', { task, title: 'Work', ...more }),
})

/** What an agent does over two rounds, step by step. */
const steps: Step[] = [
  { name: 'workspace', run: (hub, repo) => hub.call('branch_create', { repo, task }) },
  { name: 'write', run: (hub, repo) => write(hub, repo, 'one\n') },
  commit('commit'),
  propose('open'),
  {
    name: 'comment',
    run: async (hub) => {
      const { items } = await hub.call<{ items: Change[] }>('change_list', { task })
      const asked = { change: items[0]?.id, body: 'why?', resolve: 'optional' }
      const { comments } = await hub.call<{ comments: unknown[] }>(
        'change_read',
        asked.change ? { change: asked.change } : {},
      )
      if (comments.length === 0) await hub.call('change_comment', asked)
    },
  },
  { name: 'write again', run: (hub, repo) => write(hub, repo, 'two\n') },
  commit('commit again'),
  propose('revise', { answers: [{ comment: 1, body: 'because' }], seen: 1 }),
]

/**
 * A crash at its worst: all that Git and the files had of a step is there, and none of its rows. Each
 * step is sent again, as an agent does that had no answer, and the rest follows.
 */
test.each(steps.map(({ name }, index) => [name, index] as const))(
  'whatever is lost at the step "%s", a task has one change with two revisions',
  async (_name, at) => {
    const [data, rows] = [makeFolder(), makeFolder()]
    const repo = await makeRepo()
    const first = await startHub({ data })
    for (const step of steps.slice(0, at)) await step.run(first, repo)
    await first.hub.stop()
    cpSync(data, rows, { recursive: true, filter: (path) => path === data || database.test(path) })
    const second = await startHub({ data })
    await steps[at]!.run(second, repo)
    await second.hub.stop()
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(data, `switchyard.db${suffix}`), { force: true })
    cpSync(rows, data, { recursive: true })
    const third = await startHub({ data })
    for (const step of steps.slice(at)) await step.run(third, repo)
    const { items } = await third.call<{ items: Change[] }>('change_list', { task })
    expect(items).toHaveLength(1)
    const { id, branch, head } = items[0]!
    expect(await third.call('change_read', { change: id })).toMatchObject({
      ...{
        change: { state: 'open', revisions: 2 },
        revisions: [{ number: 1 }, { number: 2, head }],
      },
      comments: [{ number: 1, state: 'addressed' }, { replyTo: expect.any(String) as string }],
    })
    expect((await git(['-C', repo, 'log', '--format=%s', `main..${branch}`])).split('\n')).toEqual([
      ...['commit again', 'commit', ''],
    ])
  },
)
