import { expect, test } from 'vitest'
import type { ConversationRead } from '../../../schemas/chat.ts'
import type { Plan } from '../../../schemas/plan.ts'
import type { Task } from '../../../schemas/task.ts'
import { ChatDevice, lastOf, toolsIn } from '../../helpers/chat.ts'
import { startHub, until } from '../../helpers/hub.ts'

test('a plan made in the chat names its conversation, and the conversation the plan', async () => {
  const hub = await startHub()
  const steps = [{ name: 'one', template: 'command', command: 'true' }]
  const said = await new ChatDevice(hub).say(`/plan_create ${JSON.stringify({ steps })}`)
  const { conversation } = said.metadata
  const provenance = { via: 'chat', id: conversation }
  const { items } = await hub.call<{ items: Plan[] }>('plan_list')
  expect(items).toMatchObject([{ provenance, submittedBy: 'owner' }])
  const { id } = items[0]!
  expect(await hub.call('plan_read', { plan: id })).toMatchObject({ plan: { provenance } })
  const read = await hub.call<ConversationRead>('chat_read', { conversation })
  expect(toolsIn(lastOf(read).parts)).toMatchObject([
    { toolName: 'plan_create', output: { id, provenance } },
  ])
  // Its tasks are of the plan, which says the rest.
  const tasks = () => hub.call<{ items: Task[] }>('task_list')
  await until(async () => (await tasks()).items.length === 1)
  expect((await tasks()).items).toMatchObject([{ plan: id, provenance: { via: 'plan', id } }])
  const other = await hub.call<Plan>('plan_create', { steps })
  expect(other.provenance).toEqual({ via: 'call' })
})
