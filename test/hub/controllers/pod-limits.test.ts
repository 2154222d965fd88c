import { expect, test } from 'vitest'
import type { Pod } from '../../../schemas/cluster.ts'
import type { Attempt, Task } from '../../../schemas/task.ts'
import { isTerminal } from '../../../schemas/task.ts'
import { startHub, until } from '../../helpers/hub.ts'

// Two pods, each of which has to fill its memory first.
test('a pod that ends at its memory limit is a failed attempt, and counts as one', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const fills = `node -e "const kept = []; setInterval(() => kept.push(Buffer.alloc(4e7, 1)), 20)"`
  const { id } = await hub.call<Task>('task_submit', {
    ...{ template: 'command', command: fills, max_attempts: 2 },
    resources: { memoryMb: 400 },
  })
  const read = () => hub.call<{ task: Task; attempts: Attempt[] }>('task_read', { task: id })
  await until(async () => {
    const { task } = await read()
    return isTerminal(task.state) || task.attempts > 2
  }, 150_000)
  const { task, attempts } = await read()
  expect(task).toMatchObject({
    ...{ state: 'failed', attempts: 2, maxAttempts: 2 },
    failure: {
      code: 'limit',
      message: expect.stringMatching(/memory limit: \d+ of 400 MiB/) as string,
    },
  })
  expect(attempts.map(({ state }) => state)).toEqual(['failed', 'failed'])
})

test('what the processes of a pod share is counted once', async () => {
  const hub = await startHub()
  const eight = 'for each in 1 2 3 4 5 6 7 8; do node -e "setTimeout(() => {}, 4000)" & done; wait'
  const resources = { memoryMb: 280 } // Each of them has over 40 MB, most of it the program itself.
  const { id: pod } = await hub.call<Pod>('pod_run', { command: ['sh', '-c', eight], resources })
  const read = () => hub.call<Pod>('pod_read', { pod })
  await until(async () => (await read()).state === 'exited')
  expect(await read()).toMatchObject({ exitCode: 0 })
})
