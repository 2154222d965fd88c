import { expect, test } from 'vitest'
import type { Attempt, Task } from '../../schemas/task.ts'
import { dataWith, scripted } from '../helpers/external-agent.ts'
import { startHub, until } from '../helpers/hub.ts'
import { makeRepo } from '../helpers/repo.ts'

const words = 'All is well already.'
const data = () => dataWith({ actor: scripted({ turns: [[['say', words]]] }) })
const runners = [
  ['the built-in loop', { model: 'scripted' }, 'No check is known'],
  ['an external agent', { requirements: { runner: 'actor' } }, words],
] as const

test.each(runners)(
  'work of %s that changes nothing fails at once, with what was said of it',
  async (_name, more, said) => {
    const hub = await startHub({ dispatch: 'local', data: data() })
    const { id } = await hub.call<Task>('task_submit', {
      ...{ template: 'code', goal: 'Look after it', max_attempts: 3 },
      ...{ repo: await makeRepo({ 'notes.txt': 'a\n' }), params: { contextTokens: 0 } },
      ...more,
    })
    const read = () => hub.call<{ task: Task; attempts: Attempt[] }>('task_read', { task: id })
    await until(async () => (await read()).task.state === 'failed', 60_000)
    const { task, attempts } = await read()
    expect(attempts).toHaveLength(1)
    expect(task.failure).toMatchObject({
      code: 'unchanged',
      message: expect.stringContaining(said) as string,
    })
    expect(task.result?.summary).toContain(said)
    expect(await hub.call('change_list', {})).toMatchObject({ items: [] })
  },
)
