import { expect, test } from 'vitest'
import type { ChatFile, ConversationRead } from '../../../schemas/chat.ts'
import { ChatDevice, lastOf } from '../../helpers/chat.ts'
import { guestOf } from '../../helpers/guest.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { dotGif, redDot } from '../../helpers/pictures.ts'
import {
  ollamaEnd,
  ollamaLine,
  openAiEnd,
  openAiText,
  startStreamingModel,
} from '../../helpers/streaming-models.ts'

const attach = (hub: Pick<TestHub, 'call'>, name = 'dot.png', bytes = redDot) =>
  hub.call<ChatFile>('chat_attach', { name, data: bytes.toString('base64') })

const cloud = () => startStreamingModel((_asked, write) => write(openAiText('Red.') + openAiEnd()))

const local = () =>
  startStreamingModel((_asked, write) => write(ollamaLine({ content: 'Red.' }) + ollamaEnd()))

test('a picture goes to a model as a picture, with every step and the next question', async () => {
  const model = await cloud()
  const hub = await startHub({}, model.openAi)
  const device = new ChatDevice(hub)
  const { id: file, mediaType } = await attach(hub, 'dot.txt')
  expect(mediaType).toBe('image/png') // By its content, whatever it is called.
  const message = { text: 'Which colour?', attachments: [{ file }] }
  const reading = await (await device.begin({ message })).end()
  const url = `data:image/png;base64,${redDot.toString('base64')}`
  const asked = () => model.requests.at(-1)?.messages.find(({ role }) => role === 'user')?.content
  expect(asked()).toMatchObject([
    { type: 'text', text: expect.stringContaining('Which colour?') as string },
    { type: 'image_url', image_url: { url } },
  ])
  const { conversation } = reading.metadata
  await device.say('And its size?', { conversation })
  expect(asked()).toMatchObject([{}, { type: 'image_url', image_url: { url } }])
  const read = await hub.call<ConversationRead>('chat_read', { conversation })
  expect(read.messages[0]?.parts[1]).toMatchObject({
    type: 'data-attachment',
    data: { name: 'dot.txt', mediaType: 'image/png', sizeBytes: redDot.length, file },
  })
})

test('a model that sees nothing is not asked; another one is, or the refusal says so', async () => {
  const [blind, seeing] = [await local(), await cloud()]
  const hub = await startHub({}, { ...blind.ollama, ...seeing.openAi })
  const device = new ChatDevice(hub)
  const { id: file } = await attach(hub)
  const message = { text: 'Which colour?', attachments: [{ file }] }
  const first = await (await device.begin({ message })).end()
  expect(first.metadata.model).toBe('openai/tiny')
  expect(JSON.stringify(first.chunks)).toContain('ollama/tiny:1b did not (it takes no pictures)')
  expect(blind.requests).toEqual([])
  // Asked for by name there is nobody else to ask.
  const { conversation } = first.metadata
  const model = 'ollama/tiny:1b'
  const again = { conversation, trigger: 'regenerate', parent: first.metadata.request, model }
  await (await device.begin(again)).end()
  const read = await hub.call<ConversationRead>('chat_read', { conversation })
  expect(lastOf(read).error).toMatchObject({
    code: 'unsupported',
    message: 'ollama/tiny:1b can see no pictures',
    hint: expect.stringMatching(/without the picture/) as string,
  })
  // It can be asked about all else: the picture of a question that it did not answer stays out.
  await device.say('What can you do?', { conversation, model })
  expect(JSON.stringify(blind.requests[0]?.messages)).not.toContain('images')
  // What another model answered is told to it without the picture.
  const before = first.answer
  await device.say('What did you see?', { conversation, model, parent: before })
  expect(JSON.stringify(blind.requests[1]?.messages)).toContain('a picture, which you cannot see')
})

test('a local model that sees is given pictures in its own form', async () => {
  const model = await local()
  model.state.capabilities = ['completion', 'vision']
  const hub = await startHub({}, model.ollama)
  const { id: file } = await attach(hub, 'dot.gif', dotGif)
  await (await new ChatDevice(hub).begin({ message: { text: '', attachments: [{ file }] } })).end()
  const [asked] = model.requests
  expect(asked?.messages.find(({ role }) => role === 'user')).toMatchObject({
    images: [dotGif.toString('base64')],
  })
})

test('pictures are their owner’s alone, of known kinds, and go with the conversation', async () => {
  const hub = await startHub()
  const device = new ChatDevice(hub)
  const { id: file } = await attach(hub)
  const shown = await device.request(`/pictures/chat/${file}`)
  expect(Object.fromEntries(shown.headers)).toMatchObject({
    'content-type': 'image/png',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  })
  expect(Buffer.from(await shown.arrayBuffer())).toEqual(redDot)
  const other = await hub.as('ada', 'owner', ['*'])
  expect(await failure(other.call('chat_attachment', { file }))).toMatchObject({
    code: 'not_found',
  })
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
  expect(await failure(attach(hub, 'x.png', svg))).toMatchObject({ code: 'unsupported' })
  const sent = await device.begin({ message: { text: '/whoami', attachments: [{ file }] } })
  await sent.end()
  const { conversation } = sent.metadata
  // It belongs to this conversation now, and to no other.
  const stolen = await device.post({ message: { text: '/whoami', attachments: [{ file }] } })
  expect([stolen.status, await stolen.text()]).toEqual([404, expect.stringContaining(file)])
  await hub.call('chat_delete', { conversation })
  expect(await failure(hub.call('chat_attachment', { file }))).toMatchObject({ code: 'not_found' })
  const guest = await guestOf(hub)
  const data = redDot.toString('base64')
  expect(await failure(guest.call('chat_attach', { name: 'a', data }))).toMatchObject({
    code: 'denied',
  })
})
