import { expect, test } from 'vitest'
import type { Task } from '../../schemas/task.ts'
import { axeFindings } from '../helpers/axe.ts'
import { startHub, until } from '../helpers/hub.ts'
import { startStreamingModel, openAiEnd, openAiText } from '../helpers/streaming-models.ts'
import { fits } from '../helpers/page.ts'
import { openChat } from './chat-page.ts'

test('a request becomes a task by a call that opens to what it was given and returned', async () => {
  const hub = await startHub()
  const { page, errors, messages, say } = await openChat(hub)
  await page.getByRole('heading', { name: 'What should be done?' }).waitFor()
  await say('Submit a task to run `echo hello`')
  expect(page.url()).toMatch(/#\/chat\/chat-/)
  // The card of the task is that of the pages, and leads to its own.
  const card = messages.locator('sy-live-task a.card')
  await card.getByText('echo hello').waitFor()
  const call = messages.locator('details.call', { hasText: 'Submit a task' })
  await call.locator('> summary').click()
  await call.getByText('template', { exact: true }).waitFor()
  await call.locator('.json > summary').click()
  await call.locator('.json pre', { hasText: '"via": "chat"' }).waitFor()
  const { items } = await hub.call<{ items: Task[] }>('task_list')
  expect(items).toMatchObject([{ title: 'echo hello', provenance: { via: 'chat' } }])
  await card.click()
  await page.getByRole('heading', { name: 'echo hello' }).waitFor()
  expect(errors).toEqual([])
})

test('any tool runs without a model: by its form, or typed', async () => {
  const hub = await startHub()
  const { page, errors, field, messages, say } = await openChat(hub)
  await field.pressSequentially('/task_sub')
  await page.getByRole('option', { name: '/task_submit' }).waitFor()
  await field.press('Enter')
  const form = page.getByRole('form', { name: 'Submit a task' })
  await form.getByRole('textbox', { name: 'Template' }).fill('command')
  await form.getByRole('textbox', { name: 'Command', exact: true }).fill('true')
  await form.getByRole('button', { name: 'Run' }).click()
  await messages.locator('sy-live-task').waitFor()
  await page.getByRole('button', { name: 'Send', exact: true }).waitFor()
  await say('/task_list state=queued')
  await messages.locator('details.call', { hasText: 'List tasks' }).waitFor()
  // What fails is open, and says what to do.
  await say('/task_read task=task-nope')
  await messages.locator('details.call[open] .problem', { hasText: 'task-nope' }).waitFor()
  // A name that nothing has is what is wrong, whatever stands behind it.
  const problem = (text: string) => messages.locator('.problem', { hasText: text })
  await say('/nonsense foo')
  await problem('there is no tool "nonsense"').waitFor()
  await say('/task_lst foo')
  await problem('Did you mean task_list?').waitFor()
  await say('/plan_submit foo')
  await problem('There are plan_create').waitFor()
  expect(errors).toEqual([])
})

test('a message is said again in other words, and both versions can be seen', async () => {
  const hub = await startHub()
  const { page, errors, field, messages, say } = await openChat(hub)
  await say('/whoami')
  await say('/task_list state=failed')
  await field.press('ArrowUp')
  const edit = page.getByRole('textbox', { name: 'Edit your message' })
  expect(await edit.inputValue()).toBe('/task_list state=failed')
  await edit.fill('/task_list state=queued')
  await edit.press('Enter')
  await messages.getByText('/task_list state=queued').waitFor()
  await messages.getByText('2 of 2').first().waitFor()
  expect(await messages.getByText('/whoami').count()).toBe(1)
  await messages.getByRole('button', { name: 'Version before' }).first().click()
  await messages.getByText('/task_list state=failed').waitFor()
  await messages.getByText('1 of 2').first().waitFor()
  // An answer is made anew beside the first one.
  await messages.getByRole('button', { name: 'Try again', exact: true }).last().click()
  await messages.locator('.answer .branches', { hasText: '2 of 2' }).waitFor()
  expect(errors).toEqual([])
})

test('files go along as text, and what is no text is refused', async () => {
  const model = await startStreamingModel((_asked, write) =>
    write(openAiText('I read it.') + openAiEnd()),
  )
  const hub = await startHub({}, model.openAi)
  const { page, errors, messages, say } = await openChat(hub)
  const files = page.getByLabel('Attach files')
  await files.setInputFiles({ name: 'x.bin', mimeType: '', buffer: Buffer.from([0, 255, 1]) })
  await page.getByRole('alert').getByText('x.bin is not text and no PNG').waitFor()
  await files.setInputFiles([
    { name: 'plan.md', mimeType: 'text/markdown', buffer: Buffer.from('# Ship on Friday') },
    { name: 'gone.txt', mimeType: 'text/plain', buffer: Buffer.from('no') },
  ])
  await page.getByRole('button', { name: 'Leave out gone.txt' }).click()
  await say('Read my plan')
  await messages.getByText('I read it.').waitFor()
  await messages.getByRole('list', { name: 'Went along' }).getByText('plan.md').waitFor()
  const asked = JSON.stringify(model.requests.at(-1))
  expect(asked).toContain('Ship on Friday')
  expect(asked).not.toContain('gone.txt')
  expect(errors).toEqual([])
})

test('the panel knows the page that is open, and is reached by the keyboard alone', async () => {
  const model = await startStreamingModel((_asked, write) =>
    write(openAiText('It is queued.') + openAiEnd()),
  )
  const hub = await startHub({}, model.openAi)
  const task = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const { page, errors, field, messages } = await openChat(hub, { hash: `#/tasks/${task.id}` })
  await page.keyboard.press('Control+j')
  await page.getByRole('complementary', { name: 'Chat' }).waitFor()
  await until(() => field.evaluate((element) => element === document.activeElement))
  await page.keyboard.type('What is this?')
  await page.keyboard.press('Enter')
  await messages.getByText('It is queued.').waitFor()
  expect(JSON.stringify(model.requests[0])).toContain(task.id)
  // A person may leave the page out.
  await page.getByRole('button', { name: /^Leave out Tasks/ }).click()
  await field.press('Escape')
  await page.getByRole('complementary', { name: 'Chat' }).waitFor({ state: 'hidden' })
  await page.keyboard.press('Control+j')
  await page.getByRole('button', { name: 'Full page' }).click()
  await page.getByRole('heading', { name: 'Chat', exact: true }).waitFor()
  await messages.getByText('It is queued.').waitFor()
  expect(errors).toEqual([])
})

test('conversations are searched, exported, sent as a task and deleted', async () => {
  const hub = await startHub()
  const { page, errors, field, say } = await openChat(hub)
  await say('/whoami')
  const list = page.getByRole('region', { name: 'Conversations' })
  await list.getByText('/whoami').waitFor()
  await list.getByRole('searchbox').fill('nothing has these words')
  await list.getByText('Nothing was found').waitFor()
  await list.getByRole('searchbox').fill('whoami')
  await list.getByText('/whoami').first().waitFor()
  const saved = page.waitForEvent('download')
  await page.getByLabel('More').click()
  await page.getByRole('button', { name: 'Export as Markdown' }).click()
  expect((await saved).suggestedFilename()).toMatch(/whoami.*\.md$/)
  await field.fill('Have the links checked')
  await page.getByRole('button', { name: 'Send as task' }).click()
  const form = page.getByRole('dialog')
  expect(await form.getByRole('textbox', { name: 'Goal' }).inputValue()).toBe(
    'Have the links checked',
  )
  await form.getByRole('button', { name: 'Close' }).click()
  page.removeAllListeners('dialog') // Here one is meant to open.
  page.on('dialog', (dialog) => void dialog.accept())
  await page.getByLabel('More').click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await until(async () => {
    const { items } = await hub.call<{ items: unknown[] }>('chat_list')
    return items.length === 0
  })
  expect(errors).toEqual([])
})

test.each(['light', 'dark'] as const)('the chat is accessible in the %s', async (colorScheme) => {
  const hub = await startHub()
  const { page, field, say } = await openChat(hub, { colorScheme })
  await field.waitFor()
  expect(await axeFindings(page)).toEqual([])
  await say('Submit a task to run `echo hello`')
  await say('/task_read task=task-nope')
  await page.locator('details.call > summary').first().click()
  expect(await axeFindings(page)).toEqual([])
  await field.pressSequentially('/task_l')
  await page.locator('.suggestions [role=option]').first().waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test('the chat fills a phone, list and conversation one at a time', async () => {
  const hub = await startHub()
  const { page, errors, field, say } = await openChat(hub, { width: 360, colorScheme: 'dark' })
  await field.waitFor()
  await say(`/task_list text="${'a-word-without-end-'.repeat(10)}"`)
  expect(await fits(page)).toBe(true)
  const box = await page.locator('.open-chat').boundingBox()
  expect(box?.width).toBe(360)
  await page.getByRole('link', { name: 'All conversations' }).click()
  await page.getByRole('searchbox', { name: 'Search in conversations' }).waitFor()
  await field.waitFor({ state: 'hidden' })
  expect(await fits(page)).toBe(true)
  expect(errors).toEqual([])
})
