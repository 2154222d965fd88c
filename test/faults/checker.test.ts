import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Task } from '../../schemas/task.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub } from '../helpers/hub.ts'
import type { Entry } from './history.ts'

test('the checker of the fault campaign finds what it is there to find', async () => {
  const hub = await startHub()
  const { id: task } = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one' })
  const chunks = ['a;', 'a;', 'c;', 'b;'].map((data) => ({ stream: 'out', at: 1, data }))
  await hub.call('task_log_append', { task, fence: lease.fence, position: 0, chunks })
  const times = { sentAt: 10, ackedAt: 11 }
  const history: Entry[] = [
    { kind: 'submit', task, key: 'k1', ...times },
    { kind: 'submit', task: 'task-gone', key: 'k2', ...times },
    { kind: 'submit', task, key: 'k2', ...times },
    { kind: 'submit', task: 'task-lost', key: 'k3', ...times },
    { kind: 'claim', task, fence: 2, agent: 'w', ...times },
    { kind: 'heartbeat', task, fence: 1, sentAt: 20, ackedAt: 21 },
    ...['a;', 'b;', 'c;', 'd;'].map((text, index): Entry => ({
      kind: 'append',
      task,
      fence: 1,
      text,
      sentAt: index,
      ackedAt: 5,
    })),
    { kind: 'terminal', task, state: 'succeeded', ackedAt: 30 },
  ]
  const folder = makeFolder()
  writeFileSync(
    join(folder, 'history.jsonl'),
    history.map((entry) => JSON.stringify(entry)).join('\n'),
  )
  writeFileSync(join(folder, 'pods.txt'), '')
  const checker = join(import.meta.dirname, 'checker.ts')
  const args = [
    checker,
    join(folder, 'history.jsonl'),
    hub.url,
    hub.token,
    join(folder, 'pods.txt'),
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const found = JSON.parse(stdout) as Record<string, unknown[]> // Its one line.
  expect(found.lost).toEqual(['task-lost'])
  expect(found.doubled).toEqual(['k2'])
  expect(found.unfinished).toContain(`${task} is leased`)
  expect(found.changedAfterEnd).toHaveLength(1)
  expect(found.twoLeases).toHaveLength(1)
  expect(found.logGaps).toEqual([
    expect.stringMatching(/a; is there twice/),
    expect.stringMatching(/c; is out of order/),
    expect.stringMatching(/d; is missing/),
  ])
})
