import { expect, test } from 'vitest'
import type { ConversationRead } from '../../schemas/chat.ts'
import type { Event } from '../../schemas/event.ts'
import { startHub, until } from '../helpers/hub.ts'
import type { ChatScreen } from './chat-page.ts'
import { openChat, startPatientModel } from './chat-page.ts'

/** Says something, and shows the conversation that it began on a second device. */
async function onTwo(hub: Awaited<ReturnType<typeof startHub>>): Promise<[ChatScreen, ChatScreen]> {
  const near = await openChat(hub)
  await near.say('/whoami')
  await near.page.waitForURL(/#\/chat\/chat-/)
  const far = await openChat(hub, { hash: new URL(near.page.url()).hash })
  await far.messages.locator('details.call', { hasText: 'Who am I' }).waitFor()
  return [near, far]
}

test('a conversation that is open on two devices is followed live on both', async () => {
  const model = await startPatientModel()
  const hub = await startHub({}, model.openAi)
  const [near, far] = await onTwo(hub)
  await near.field.fill('Say two sentences')
  await near.field.press('Enter')
  // The other device did nothing, was not looked at, and reads along word by word.
  await far.messages.getByText('Say two sentences').waitFor()
  await far.messages.getByText('First sentence.').waitFor()
  await far.page.getByRole('button', { name: 'Stop' }).waitFor()
  // What one of them says meanwhile is seen on the other.
  await far.field.fill('and then this')
  await far.field.press('Enter')
  await near.messages.getByRole('article', { name: 'Waits' }).getByText('and then this').waitFor()
  await model.goOn()
  for (const { messages } of [near, far]) {
    await messages.getByText('First sentence. Second sentence.').waitFor()
    await until(async () => (await messages.getByText('First sentence.').count()) === 2)
  }
  await far.page.getByRole('button', { name: 'Stop' }).click()
  await near.messages.getByText('Stopped.').waitFor()
  await near.page.getByRole('button', { name: 'Send', exact: true }).waitFor()
  expect([...near.errors, ...far.errors]).toEqual([])
})

test('another name, another version and the end of a conversation reach both devices', async () => {
  const hub = await startHub()
  const [near, far] = await onTwo(hub)
  const conversation = /chat-[\w-]+/.exec(near.page.url())?.[0]
  await hub.call('chat_update', { conversation, title: 'Who asks' })
  for (const { page } of [near, far]) {
    await page.getByRole('heading', { name: 'Who asks' }).waitFor()
    await page.getByRole('region', { name: 'Conversations' }).getByText('Who asks').waitFor()
  }
  const { messages } = await hub.call<ConversationRead>('chat_read', { conversation })
  await near.field.press('ArrowUp')
  const edit = near.page.getByRole('textbox', { name: 'Edit your message' })
  await edit.fill('/task_list state=queued')
  await edit.press('Enter')
  await far.messages.getByText('2 of 2').first().waitFor()
  await hub.call('chat_update', { conversation, message: messages[0]?.id })
  await far.messages.getByText('1 of 2').first().waitFor()
  await hub.call('chat_delete', { conversation })
  for (const { page } of [near, far])
    await page.getByText('This conversation was deleted.').waitFor()
  expect([...near.errors, ...far.errors]).toEqual([])
})

test('the events of a conversation are its maker’s alone', async () => {
  const hub = await startHub()
  const { call: asOwner } = hub
  const other = await hub.as('ada', 'owner', ['*'])
  const { page } = await openChat(hub)
  const before = await asOwner<{ next: number }>('event_list')
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('/whoami')
  await page.keyboard.press('Enter')
  const kinds = async (client: Pick<typeof hub, 'call'>) => {
    const asked = { after: before.next, limit: 500 }
    const { items } = await client.call<{ items: Event[] }>('event_list', asked)
    return items.map(({ kind }) => kind).filter((kind) => kind.startsWith('chat.'))
  }
  await until(async () => (await kinds(hub)).length === 2)
  expect(await kinds(hub)).toEqual(['chat.answer_started', 'chat.answer_finished'])
  expect(await kinds(other)).toEqual([])
})
