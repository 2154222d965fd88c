import { expect, test } from 'vitest'
import type { ConversationRead } from '../../schemas/chat.ts'
import type { Task } from '../../schemas/task.ts'
import { axeFindings } from '../helpers/axe.ts'
import { startHub, until } from '../helpers/hub.ts'
import { openAiEnd, openAiText, startStreamingModel } from '../helpers/streaming-models.ts'
import { openChat } from './chat-page.ts'

test('what is said with Control Enter goes into the running answer at its next step', async () => {
  let goOn = () => {}
  const first = new Promise<void>((resolve) => (goOn = resolve))
  const model = await startStreamingModel(async (asked, write) => {
    if (JSON.stringify(asked.messages).includes('in French'))
      return write(openAiText('Bonjour.') + openAiEnd())
    write(openAiText('Hello.'))
    await first
    write(openAiEnd())
  })
  const hub = await startHub({}, model.openAi)
  const { page, errors, field, messages } = await openChat(hub)
  await field.fill('Greet me')
  await field.press('Enter')
  await messages.getByText('Hello.').waitFor()
  await field.fill('in French')
  await field.press('Control+Enter')
  const waiting = messages.getByRole('article', { name: 'Waits' })
  await waiting.getByText('Goes in at the next step').waitFor()
  goOn()
  const answer = messages.getByRole('article', { name: 'Answer' })
  await answer.getByText('Bonjour.').waitFor()
  await page.getByRole('button', { name: 'Send', exact: true }).waitFor()
  // It is one answer, in which the person is heard between its two steps.
  expect(await answer.count()).toBe(1)
  await waiting.waitFor({ state: 'detached' })
  expect(await answer.innerText()).toMatch(
    /Hello\.[\s\S]*meanwhile[\s\S]*in French[\s\S]*Bonjour\./i,
  )
  // The page shows it again as it was.
  await page.reload()
  await answer.getByText('in French').waitFor()
  expect(errors).toEqual([])
})

test('the button steers too, also while a tool runs, and a stop gives back what was not taken', async () => {
  const hub = await startHub()
  const { id } = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const { page, errors, field, messages } = await openChat(hub)
  await field.fill(`/task_wait task=${id} wait_ms=25000`)
  await field.press('Enter')
  await messages.locator('details.call', { hasText: 'running' }).waitFor()
  await field.fill('never mind the wait')
  await page.getByRole('button', { name: 'Steer' }).click()
  const waiting = messages.getByRole('article', { name: 'Waits' })
  await waiting.getByText('never mind the wait').waitFor()
  await waiting.getByText('Goes in at the next step').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Stop' }).click()
  await messages.getByText('Stopped.').waitFor()
  await until(async () => (await field.inputValue()) === 'never mind the wait')
  await waiting.waitFor({ state: 'detached' })
  expect(errors).toEqual([])
})

test('who answers in place of the model that failed is told, and stays told', async () => {
  const failing = await startStreamingModel((_asked, _write, response) => {
    response.writeHead(503).write('{"error":"overloaded"}')
  })
  const cloud = await startStreamingModel((_asked, write) =>
    write(openAiText('From afar.') + openAiEnd()),
  )
  const hub = await startHub({}, { ...failing.ollama, ...cloud.openAi })
  const { page, errors, messages, say } = await openChat(hub)
  await say('Who are you?')
  const answer = messages.getByRole('article', { name: 'Answer' })
  await answer.getByText('From afar.').waitFor()
  const notice = answer.getByRole('note')
  const text = await notice.innerText()
  expect(text).toMatch(/openai\/tiny answers: ollama\/tiny:1b did not \(.*overloaded/)
  await answer.locator('footer').getByText('openai/tiny').waitFor()
  await answer.locator('footer .badge', { hasText: 'cloud' }).waitFor()
  await page.reload()
  await notice.getByText('openai/tiny answers').waitFor()
  await answer.locator('footer .badge', { hasText: 'cloud' }).waitFor()
  const { items } = await hub.call<{ items: { id: string }[] }>('chat_list')
  const read = async () => hub.call<ConversationRead>('chat_read', { conversation: items[0]?.id })
  await until(async () => (await read()).messages.at(-1)?.model === 'openai/tiny')
  expect(errors).toEqual([])
})
