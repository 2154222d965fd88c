import { expect, test } from 'vitest'
import type { Task } from '../../schemas/task.ts'
import { startHub, until } from '../helpers/hub.ts'
import { makeRepo } from '../helpers/repo.ts'

test('a real model makes the failing test pass and opens a change', async () => {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(OLLAMA|OPENAI)_/.test(name)),
  ) as Record<string, string> // Set ones only.
  const hub = await startHub(
    { dispatch: 'local', model: process.env.SWITCHYARD_MODEL ?? '' },
    environment,
  )
  const repo = await makeRepo()
  const { id } = await hub.call<Task>('task_submit', {
    template: 'code',
    repo,
    goal: 'Make the failing test pass',
  })
  const read = async () => (await hub.call<{ task: Task }>('task_read', { task: id })).task
  await until(async () => ['in_review', 'failed'].includes((await read()).state), 590_000)
  expect(await read()).toMatchObject({ state: 'in_review' })
})
