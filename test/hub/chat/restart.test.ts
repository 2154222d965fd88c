import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ConversationList, ConversationRead } from '../../../schemas/chat.ts'
import { ChatDevice, lastOf, textIn, toolsIn } from '../../helpers/chat.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { until } from '../../helpers/hub.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'
import { openAiEnd, openAiText, startStreamingModel } from '../../helpers/streaming-models.ts'

async function startProcess(
  data: string,
  environment: Record<string, string> = {},
): Promise<ProcessHub> {
  const hub = new ProcessHub(data)
  Object.assign(process.env, environment)
  onTestFinished(async () => {
    await hub.kill()
    for (const name of Object.keys(environment)) delete process.env[name]
  })
  await hub.start()
  return hub
}

test('a hub that is killed in mid-stream has what was said on record as interrupted, and answers what waited', async () => {
  const data = makeFolder('chat')
  let number = 0
  const model = await startStreamingModel(async (_asked, write) => {
    number++
    if (number > 1) return write(openAiText('the next') + openAiEnd())
    write(openAiText('so far'))
    await new Promise(() => {})
  })
  const hub = await startProcess(data, model.openAi)
  const device = new ChatDevice(hub)
  const reading = await device.begin({ message: { text: 'Talk' } })
  await reading.until('text-delta')
  const { conversation } = reading.metadata
  await device.say('And then?', { conversation })
  const client = hub.client()
  const read = () => client.call<ConversationRead>('chat_read', { conversation })
  await until(async () => textIn((await read()).messages[1]) === 'so far')
  await hub.kill()
  await hub.start()
  await until(async () => (await read()).messages.length === 4)
  await until(async () => lastOf(await read()).state === 'done')
  const { messages } = await read()
  expect(
    messages.map(({ role, state, parts }) => [role, state, textIn({ parts } as never)]),
  ).toEqual([
    ['user', 'done', 'Talk'],
    ['assistant', 'interrupted', 'so far'],
    ['user', 'done', 'And then?'],
    ['assistant', 'done', 'the next'],
  ])
  expect(messages[1]?.error?.code).toBe('unavailable')
  const { items } = await client.call<ConversationList>('chat_list', {})
  expect(items).toMatchObject([{ id: conversation, state: 'idle' }])
})

test.each(['kill', 'stop'] as const)(
  'an answer that waits for a person goes on after a %s, and its call is made once',
  async (end) => {
    const data = makeFolder('chat')
    const approvals = [{ tool: 'task_submit', kind: 'user', decision: 'ask' }]
    writeFileSync(
      join(data, 'switchyard.json'),
      JSON.stringify({ approvals, allowUnisolated: true }),
    )
    const hub = await startProcess(data)
    const reading = await new ChatDevice(hub).begin({
      message: { text: '/task_submit template=command command="echo once"' },
    })
    const asked = await reading.until('tool-approval-request')
    const { conversation } = reading.metadata
    const read = () => client.call<ConversationRead>('chat_read', { conversation })
    const client = hub.client()
    await until(async () => (await read()).conversation.state === 'waiting')
    await hub[end]()
    await hub.start()
    const device = new ChatDevice(hub)
    const resumed = await device.resume(conversation, reading.frames.at(-1)!.id)
    const approval = asked.type === 'tool-approval-request' ? asked.approvalId : ''
    expect((await client.call<{ items: unknown[] }>('approval_list', {})).items).toMatchObject([
      { id: approval },
    ])
    await client.call('approval_decide', { approval, decision: 'approve' })
    await resumed!.end()
    expect(resumed!.types).toContain('tool-output-available')
    const last = lastOf(await read())
    expect(last.state).toBe('done')
    const [call] = toolsIn(last.parts)
    expect(call).toMatchObject({
      state: 'output-available',
      approval: { id: approval, approved: true },
    })
    const { items } = await client.call<{ items: { provenance: object }[] }>('task_list', {})
    expect(items).toMatchObject([{ provenance: { via: 'chat', id: conversation } }])
  },
)
