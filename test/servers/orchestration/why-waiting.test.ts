import { expect, test } from 'vitest'
import type { Task } from '../../../schemas/task.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { ask } from '../../helpers/raw-mcp.ts'

const submit = (hub: TestHub, more: object = {}) =>
  hub.call<Task>('task_submit', { template: 'command', command: 'true', ...more })
const noteOf = async (hub: TestHub, task: string) =>
  (await hub.call<{ note?: string }>('placement_explain', { task })).note

async function textOf(hub: TestHub, name: string, args: object): Promise<string> {
  const answer = await ask(hub, 'tools/call', { name, arguments: args })
  const { content } = answer.result as { content: { text: string }[] } // The tool answers in text.
  return content[0]?.text ?? ''
}

const rowOf = async (hub: TestHub, task: string) =>
  (await textOf(hub, 'task_list', {})).split('\n').find((line) => line.includes(task))

test('why a task waits is said in the list and by placement_explain, and that it does not', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const { id } = await submit(hub, { requirements: { agent: 'worker-ann', fallback: false } })
  const reason = 'it waits for worker-ann alone'
  await until(async () => (await rowOf(hub, id))?.includes(reason) === true)
  expect(await noteOf(hub, id)).toContain(reason)
  await hub.call('task_cancel', { task: id, reason: 'enough' })
  expect(await noteOf(hub, id)).toMatch(/waits for no place: it is canceled/)
  expect(await rowOf(hub, id)).not.toContain(reason)
})

test('a failure stands in the list once it is the last, and not while another attempt may come', async () => {
  const hub = await startHub()
  const failure = { code: 'exit', message: 'exit code 7' }
  for (const attempts of [1, 2]) {
    const { id: task } = await submit(hub, { max_attempts: attempts })
    const offer = { agent: `worker-${attempts}`, task }
    const { lease } = await hub.call<{ lease: { fence: number } }>('task_claim', offer)
    const held = { task, fence: lease.fence }
    await hub.call('task_heartbeat', held)
    await hub.call('task_report', { ...held, outcome: 'failed', failure, retryable: true })
    expect((await rowOf(hub, task))?.includes('exit code 7')).toBe(attempts === 1)
  }
})
