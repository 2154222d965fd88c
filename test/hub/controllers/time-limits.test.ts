import { expect, test } from 'vitest'
import type { Attempt, Task } from '../../../schemas/task.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { makeRepo } from '../../helpers/repo.ts'
import { runTask } from '../../helpers/run-task.ts'
import type { TestHub } from '../../helpers/hub.ts'

const local = { dispatch: 'local', isolation: 'auto' } as const
const asked = { template: 'command', command: 'sleep 60', timeout_ms: 1000 }

const attemptsOf = async (hub: TestHub, task: string) =>
  (await hub.call<{ attempts: Attempt[] }>('task_read', { task })).attempts

test('a task that takes longer than it may fails, after as many attempts as it has', async () => {
  const hub = await startHub(local)
  for (const attempts of [1, 2]) {
    const task = await runTask(hub, { ...asked, max_attempts: attempts })
    expect(task).toMatchObject({ state: 'failed', attempts, failure: { code: 'timeout' } })
    const states = (await attemptsOf(hub, task.id)).map(({ state }) => state)
    expect(states).toEqual(states.map(() => 'failed'))
  }
})

test('checks that take longer than they may fail their task too', async () => {
  const hub = await startHub(local)
  const repo = await makeRepo({
    'package.json': JSON.stringify({ scripts: { test: 'sleep 60' } }),
  })
  const task = await runTask(hub, { template: 'ci', repo, timeout_ms: 3000 })
  expect(task).toMatchObject({ state: 'failed', attempts: 1, failure: { code: 'timeout' } })
})

test('an agent that does not end by itself is ended with its pod, and that counts', async () => {
  const hub = await startHub({ ...local, dispatch: 'off' })
  const { id } = await hub.call<Task>('task_submit', {
    ...asked,
    timeout_ms: 60_000,
    max_attempts: 1,
  })
  await hub.call('pod_run', { task: id, timeout_ms: 2500 })
  const read = async () => (await hub.call<{ task: Task }>('task_read', { task: id })).task
  await until(async () => (await read()).state === 'failed')
  expect(await read()).toMatchObject({
    attempts: 1,
    failure: { code: 'limit', message: expect.stringContaining('time limit') as string },
  })
})
