import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Approval } from '../../schemas/approval.ts'
import type { ConversationRead } from '../../schemas/chat.ts'
import type { Task } from '../../schemas/task.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'
import type { TestHub } from '../helpers/hub.ts'
import { openChat, startLine, startPatientModel } from './chat-page.ts'

const tasks = async (hub: TestHub) => (await hub.call<{ items: Task[] }>('task_list')).items
const opened = async (hub: TestHub): Promise<ConversationRead> => {
  const { items } = await hub.call<{ items: { id: string }[] }>('chat_list')
  return hub.call<ConversationRead>('chat_read', { conversation: items[0]?.id })
}

test('a call that needs an approval asks in the conversation, and goes on after the answer', async () => {
  const data = makeFolder('hub')
  const approvals = [{ tool: 'task_submit', kind: 'user', decision: 'ask' }]
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ approvals }))
  const hub = await startHub({ data })
  const { page, errors, field, messages } = await openChat(hub)
  await field.fill('/task_submit template=command command="echo yes"')
  await field.press('Enter')
  const question = messages.getByRole('form', { name: /May owner call task_submit/ })
  await question.getByText('echo yes').waitFor()
  expect(await tasks(hub)).toEqual([])
  // It is the approval of the inbox, and stays when the page is loaded again.
  await page.reload()
  await question.getByRole('button', { name: 'Approve' }).click()
  await messages.locator('sy-live-task').getByText('echo yes').waitFor()
  await question.waitFor({ state: 'detached' })
  expect(await tasks(hub)).toHaveLength(1)

  await field.fill('/task_submit template=command command="echo no"')
  await field.press('Enter')
  await question.getByLabel('Reason').fill('not today')
  await question.getByRole('button', { name: 'Deny' }).click()
  await messages.locator('details.call[open]', { hasText: 'not today' }).waitFor()
  await page.getByRole('button', { name: 'Send', exact: true }).waitFor()
  expect(await tasks(hub)).toHaveLength(1)
  const { items } = await hub.call<{ items: Approval[] }>('approval_list', { state: 'all' })
  expect(items.map(({ state }) => state).sort()).toEqual(['approved', 'denied'])
  expect(errors).toEqual([])
})

test('a stop in the middle of a tool ends it, and is shown when it has', async () => {
  const hub = await startHub()
  const task = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const { page, errors, field, messages } = await openChat(hub)
  await field.fill(`/task_wait task=${task.id} wait_ms=25000`)
  await field.press('Enter')
  await messages.locator('details.call', { hasText: 'running' }).waitFor()
  await field.press('Escape')
  await messages.getByText('Stopped.').waitFor()
  await page.getByRole('button', { name: 'Send', exact: true }).waitFor()
  const { messages: kept } = await opened(hub)
  expect(kept.at(-1)?.state).toBe('stopped')
  expect(errors).toEqual([])
})

test('what is said meanwhile waits its turn, and comes back to the field at a stop', async () => {
  const model = await startPatientModel()
  const hub = await startHub({}, model.openAi)
  const { page, errors, field, messages } = await openChat(hub)
  await field.fill('Say two sentences')
  await field.press('Enter')
  await messages.getByText('First sentence.').waitFor()
  await field.fill('and then this')
  await field.press('Enter')
  const waiting = messages.getByRole('article', { name: 'Waits' })
  await waiting.getByText('and then this').waitFor()
  await model.goOn()
  await messages.getByText('Second sentence.').waitFor()
  // It was taken in its turn, without a word from this page.
  await waiting.waitFor({ state: 'detached' })
  await until(async () => (await messages.getByText('First sentence.').count()) === 2)
  await field.fill('never said')
  await field.press('Enter')
  await waiting.getByText('never said').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await messages.getByText('Stopped.').waitFor()
  await until(async () => (await field.inputValue()) === 'never said')
  expect(errors).toEqual([])
})

test('an answer goes on while the page is away, and is read on where it broke', async () => {
  const model = await startPatientModel()
  const line = await startLine()
  const hub = await startHub({ allowedHosts: line.host }, model.openAi)
  line.to(hub.url)
  const { page, field, messages } = await openChat(hub, { host: line.host })
  await field.fill('Say two sentences')
  await field.press('Enter')
  await messages.getByText('First sentence.').waitFor()
  line.cut()
  await page.getByText('The answer goes on in the hub').waitFor()
  await model.goOn()
  await until(async () => (await opened(hub)).messages.at(-1)?.state === 'done')
  line.mend()
  await messages.getByText('First sentence. Second sentence.').waitFor()
  expect(await messages.getByText('First sentence.').count()).toBe(1)
})

test('a page that is opened in the middle of an answer follows it', async () => {
  const model = await startPatientModel()
  const hub = await startHub({}, model.openAi)
  const { page, errors, field, messages } = await openChat(hub)
  await field.fill('Say two sentences')
  await field.press('Enter')
  await messages.getByText('First sentence.').waitFor()
  await page.reload()
  await messages.getByText('First sentence.').waitFor()
  await page.getByRole('button', { name: 'Stop' }).waitFor()
  await model.goOn()
  await messages.getByText('First sentence. Second sentence.').waitFor()
  // A screen reader heard whole sentences.
  const said = page.locator('sy-chat-thread > [aria-live=polite]')
  await expect.poll(() => said.innerText()).toContain('Second sentence.')
  expect(errors).toEqual([])
})
