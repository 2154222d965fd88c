import { expect, test } from 'vitest'
import type { ConversationRead } from '../../../schemas/chat.ts'
import { ChatDevice, lastOf, textIn } from '../../helpers/chat.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { startHub, until } from '../../helpers/hub.ts'
import {
  openAiCall,
  openAiEnd,
  openAiText,
  startStreamingModel,
} from '../../helpers/streaming-models.ts'

const read = (hub: TestHub, conversation: string) =>
  hub.call<ConversationRead>('chat_read', { conversation })

/** A model that says a word, waits until it is told to go on, and says another. */
async function startPatientModel() {
  const waiting: (() => void)[] = []
  const server = await startStreamingModel(async (_asked, write, response) => {
    write(openAiText('first '))
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      response.on('close', () => resolve())
    })
    write(openAiText('second') + openAiEnd())
  })
  const goOn = async () => {
    await until(() => waiting.length > 0)
    waiting.shift()?.()
  }
  return { ...server, goOn }
}

test('an answer goes on when its reader is gone, and any device reads along from any frame', async () => {
  const model = await startPatientModel()
  const hub = await startHub({}, model.openAi)
  const [desk, phone] = [new ChatDevice(hub), new ChatDevice(hub)]
  const gone = new AbortController()
  const first = await desk.begin({ message: { text: 'Say two words' } }, gone.signal)
  await first.until('text-delta')
  const { conversation } = first.metadata
  const last = first.frames.at(-1)!.id
  gone.abort()
  const resumed = await desk.resume(conversation, last)
  const whole = await phone.resume(conversation)
  await model.goOn()
  await Promise.all([resumed!.end(), whole!.end()])
  expect([first.text, resumed!.text, whole!.text]).toEqual(['first ', 'second', 'first second'])
  expect(whole!.frames.map(({ id }) => id)).toEqual(whole!.frames.map((_frame, at) => at + 1))
  expect(await phone.resume(conversation)).toBeUndefined()
  const kept = lastOf(await read(hub, conversation))
  expect([textIn(kept), kept.state, kept.model]).toEqual(['first second', 'done', 'openai/tiny'])
  expect(kept.usage).toEqual({ inputTokens: 50, outputTokens: 5 })
  const usage = await hub.call<{ items: { calls: number }[] }>('usage_read', {})
  expect(usage.items[0]).toMatchObject({ model: 'openai/tiny', calls: 1 })
})

test('a stop reaches the model, keeps what was said and takes back what waits', async () => {
  const model = await startPatientModel()
  const hub = await startHub({}, model.openAi)
  const device = new ChatDevice(hub)
  const reading = await device.begin({ message: { text: 'Say two words' } })
  await reading.until('text-delta')
  const { conversation } = reading.metadata
  await device.say('and then this', { conversation })
  const stopped = await device.stop(conversation)
  expect(stopped).toMatchObject({ message: reading.answer, confirmed: true })
  expect(stopped.withdrawn.map(({ text }) => text)).toEqual(['and then this'])
  await reading.end()
  expect(reading.types.slice(-2)).toEqual(['abort', 'finish'])
  await until(() => model.state.closed === 1)
  const { messages } = await read(hub, conversation)
  expect(messages).toHaveLength(2)
  expect([textIn(messages[1]), messages[1]?.state]).toEqual(['first ', 'stopped'])
  expect(await device.stop(conversation)).toEqual({ confirmed: true, withdrawn: [] })
  // What was said before the stop has been paid for.
  const usage = await hub.call<{ items: { outputTokens: number }[] }>('usage_read', {})
  expect(usage.items[0]?.outputTokens).toBeGreaterThan(0)
})

test('what is said meanwhile waits its turn, in order', async () => {
  const model = await startPatientModel()
  const hub = await startHub({}, model.openAi)
  const device = new ChatDevice(hub)
  const reading = await device.begin({ message: { text: 'one' } })
  await reading.until('text-delta')
  const { conversation } = reading.metadata
  const queued = await device.say('two', { conversation, key: 'the-second' })
  expect(queued.chunks).toMatchObject([
    { type: 'data-queue', data: [{ mode: 'queue', text: 'two' }] },
  ])
  await device.say('two', { conversation, key: 'the-second' })
  await model.goOn()
  await reading.end()
  const { next } = reading.metadata
  const second = await device.resume(conversation)
  expect(second).toBeDefined()
  await model.goOn()
  await second!.end()
  expect(second!.answer).toBe(next)
  const { messages } = await read(hub, conversation)
  expect(
    messages.map(({ role, state, parts }) => [role, state, textIn({ parts } as never)]),
  ).toEqual([
    ['user', 'done', 'one'],
    ['assistant', 'done', 'first second'],
    ['user', 'done', 'two'],
    ['assistant', 'done', 'first second'],
  ])
})

test('a steering message goes into the answer at its next step', async () => {
  const model = await startStreamingModel(async (asked, write) => {
    const said = JSON.stringify(asked.messages)
    if (said.includes('in French')) return write(openAiText('Bonjour') + openAiEnd())
    write(openAiText('Hello'))
    await until(() => isSteered)
    write(openAiEnd())
  })
  let isSteered = false
  const hub = await startHub({}, model.openAi)
  const device = new ChatDevice(hub)
  const reading = await device.begin({ message: { text: 'Greet me' } })
  await reading.until('text-delta')
  const { conversation } = reading.metadata
  await device.say('in French', { conversation, mode: 'steer' })
  isSteered = true
  await reading.end()
  expect(reading.types).toContain('steering-message')
  expect(reading.text).toBe('HelloBonjour')
  const { messages } = await read(hub, conversation)
  expect(messages).toHaveLength(2)
  const { conversation: again } = (await device.say('/whoami', { conversation })).metadata
  expect((await read(hub, again)).messages).toHaveLength(4)
})

test('what a model sends wrongly is told to it and to the person, and ends nothing', async () => {
  const model = await startStreamingModel((asked, write) => {
    const results = asked.messages.filter(({ role }) => role === 'tool').length
    if (results > 0) return write(openAiText('I see.') + openAiEnd())
    write(
      openAiCall('c', 'task_list', '{"limit": nonsense') +
        openAiEnd('tool_calls').replace('data: [DONE]\n\n', ''),
    )
  })
  const hub = await startHub({}, model.openAi)
  const reading = await new ChatDevice(hub).say('List the tasks')
  expect(reading.types).toContain('tool-input-error')
  expect(reading.text).toBe('I see.')
  expect(JSON.stringify(model.requests[1]?.messages)).toMatch(/no JSON/)
})

test('an answer that breaks off is kept with the reason', async () => {
  const model = await startStreamingModel((_asked, write, response) => {
    write(openAiText('so far'))
    setTimeout(() => response.destroy(), 50)
    return new Promise(() => {})
  })
  const hub = await startHub({}, model.openAi)
  const reading = await new ChatDevice(hub).say('Go on for long')
  expect(reading.types.slice(-2)).toEqual(['error', 'finish'])
  const kept = lastOf(await read(hub, reading.metadata.conversation))
  expect([textIn(kept), kept.state, kept.error?.code]).toEqual(['so far', 'failed', 'unavailable'])
})

test('a conversation goes on with the model that was asked for last', async () => {
  const model = await startStreamingModel((_asked, write) =>
    write(openAiText('Yes.') + openAiEnd()),
  )
  const hub = await startHub({}, model.openAi)
  const device = new ChatDevice(hub)
  const first = await device.say('Thanks', { model: 'scripted' })
  const { conversation } = first.metadata
  expect((await device.say('Thanks', { conversation })).metadata.model).toBe('scripted')
  const other = await device.begin({ conversation, trigger: 'regenerate', model: 'openai/tiny' })
  expect((await other.end()).metadata.model).toBe('openai/tiny')
  expect((await device.say('Thanks', { conversation })).metadata.model).toBe('openai/tiny')
})
