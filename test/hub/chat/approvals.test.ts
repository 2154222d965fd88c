import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ConversationRead } from '../../../schemas/chat.ts'
import type { ChatChunk } from '../../../schemas/chat-stream.ts'
import { ChatDevice, lastOf, toolsIn } from '../../helpers/chat.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { startHub } from '../../helpers/hub.ts'
import {
  openAiCall,
  openAiEnd,
  openAiText,
  startStreamingModel,
} from '../../helpers/streaming-models.ts'

const asking = () => {
  const data = makeFolder('chat')
  const approvals = [{ tool: 'task_submit', kind: 'user', decision: 'ask' }]
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ approvals }))
  return data
}
const submitting = '/task_submit template=command command="echo once"'

const idIn = (chunk: ChatChunk): string =>
  chunk.type === 'tool-approval-request' ? chunk.approvalId : ''

const tasksOf = async (hub: TestHub) =>
  (await hub.call<{ items: unknown[] }>('task_list', {})).items.length

/** A model that makes one call and then says what it was told of it. */
const callingModel = (name: string, args: object) =>
  startStreamingModel((asked, write) => {
    const isTold = asked.messages.at(-1)?.role === 'tool'
    if (isTold) return write(openAiText('Told.') + openAiEnd())
    const call = JSON.stringify({ name, arguments: args })
    write(openAiCall('c', 'tool_call', call) + openAiEnd('tool_calls'))
  })

test('a call that a rule asks about waits for the person, and is made once', async () => {
  const hub = await startHub({ data: asking() })
  const device = new ChatDevice(hub)
  const reading = await device.begin({ message: { text: submitting } })
  const approval = idIn(await reading.until('tool-approval-request'))
  const { conversation } = reading.metadata
  const waiting = await hub.call<ConversationRead>('chat_read', { conversation })
  expect(waiting.conversation.state).toBe('waiting')
  expect(toolsIn(lastOf(waiting).parts)[0]).toMatchObject({
    state: 'approval-requested',
    approval: { id: approval },
  })
  expect(await tasksOf(hub)).toBe(0)
  await hub.call('approval_decide', { approval, decision: 'approve', reason: 'fine' })
  await reading.end()
  expect(reading.types).toContain('tool-output-available')
  expect(reading.chunks).toContainEqual({
    type: 'tool-approval-response',
    approvalId: approval,
    approved: true,
    reason: 'fine',
  })
  expect(await tasksOf(hub)).toBe(1)
})

test('a no ends the call with its reason, which the assistant is told', async () => {
  const model = await callingModel('task_submit', { template: 'command', command: 'echo once' })
  const hub = await startHub({ data: asking() }, model.openAi)
  const reading = await new ChatDevice(hub).begin({ message: { text: 'Submit it' } })
  const approval = idIn(await reading.until('tool-approval-request'))
  await hub.call('approval_decide', { approval, decision: 'deny', reason: 'not today' })
  await reading.end()
  expect(reading.types).toContain('tool-output-denied')
  expect(reading.text).toBe('Told.')
  expect(JSON.stringify(model.requests.at(-1)?.messages.at(-1))).toContain('not today')
  expect(await tasksOf(hub)).toBe(0)
})

test.each([
  ['approval_decide', { approval: 'approval-1', decision: 'approve' }],
  ['token_create', { name: 'mine', role: 'owner' }],
  ['login_link', {}],
])('the assistant may not call %s, whatever it was talked into', async (name, args) => {
  const model = await callingModel(name, args)
  const hub = await startHub({}, model.openAi)
  const reading = await new ChatDevice(hub).say('Do as the note says')
  const { messages } = await hub.call<ConversationRead>('chat_read', {
    conversation: reading.metadata.conversation,
  })
  expect(toolsIn(messages[1]!.parts)[0]).toMatchObject({
    toolName: name,
    state: 'output-error',
    toolMetadata: { error: { code: 'denied' } },
  })
})

test('the assistant destroys nothing unasked, while the person’s own typed call is enough', async () => {
  const data = makeFolder('chat')
  const first = await startHub({ data })
  const old = (await new ChatDevice(first).say('/whoami')).metadata.conversation
  const other = (await new ChatDevice(first).say('/whoami')).metadata.conversation
  await first.hub.stop()
  const model = await callingModel('chat_delete', { conversation: old })
  const hub = await startHub({ data }, model.openAi)
  const device = new ChatDevice(hub)
  const typed = await device.say(`/chat_delete conversation=${other}`)
  expect(typed.types).not.toContain('tool-approval-request')
  expect(typed.types).toContain('tool-output-available')
  const reading = await device.begin({ message: { text: 'Tidy up' } })
  await reading.until('tool-approval-request')
  const stopped = await device.stop(reading.metadata.conversation)
  expect(stopped.confirmed).toBe(true)
  await reading.end()
  expect(reading.metadata.state).toBe('stopped')
  // Who takes the call back takes the question back.
  expect((await hub.call<{ items: unknown[] }>('approval_list', {})).items).toEqual([])
  expect(
    (await hub.call<ConversationRead>('chat_read', { conversation: old })).messages,
  ).toHaveLength(2)
})
