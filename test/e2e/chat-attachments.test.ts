import { expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { axeFindings } from '../helpers/axe.ts'
import { startHub, until } from '../helpers/hub.ts'
import { redDot } from '../helpers/pictures.ts'
import { keepArtifact } from '../helpers/run-task.ts'
import { openAiEnd, openAiText, startStreamingModel } from '../helpers/streaming-models.ts'
import { openChat } from './chat-page.ts'

const png = { name: 'dot.png', mimeType: 'image/png', buffer: redDot }
const data = redDot.toString('base64')

const answering = () =>
  startStreamingModel((_asked, write) => write(openAiText('A red dot.') + openAiEnd()))

/** Whether a picture was fetched and drawn, and not only named. */
const isDrawn = (picture: Locator) =>
  until(() => picture.evaluate((one) => (one as HTMLImageElement).naturalWidth === 1))

/** Gives the field a file as the browser does when somebody pastes or drops one. */
const give = (page: Page, kind: 'paste' | 'drop', name: string) =>
  page.evaluate(
    ({ kind: by, name: called, base64 }) => {
      const transfer = new DataTransfer()
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
      transfer.items.add(new File([bytes], called, { type: 'image/png' }))
      const field = document.querySelector('textarea.said')!
      const init = { bubbles: true, cancelable: true }
      field.dispatchEvent(
        by === 'paste'
          ? new ClipboardEvent('paste', { ...init, clipboardData: transfer })
          : new DragEvent('drop', { ...init, dataTransfer: transfer }),
      )
    },
    { kind, name, base64: data },
  )

test('pictures are chosen, pasted and dropped, seen before and after they are sent', async () => {
  const model = await answering()
  const hub = await startHub({}, model.openAi)
  const { page, errors, field, messages, say } = await openChat(hub)
  await page.getByLabel('Attach files').setInputFiles(png)
  await give(page, 'paste', 'pasted.png')
  await give(page, 'drop', 'dropped.png')
  const along = page.getByRole('list', { name: 'Goes along' })
  for (const name of ['dot.png', 'pasted.png', 'dropped.png']) await along.getByText(name).waitFor()
  await isDrawn(along.locator('img').last())
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Leave out pasted.png' }).click()
  await say('What is this?')
  await messages.getByText('A red dot.').waitFor()
  const pictures = messages.getByRole('list', { name: 'Pictures' }).getByRole('img')
  await until(async () => (await pictures.count()) === 2)
  await isDrawn(pictures.first())
  const asked = JSON.stringify(model.requests.at(-1))
  expect(asked.split(`data:image/png;base64,${data}`)).toHaveLength(3)
  // It stays on the next device, with its name, and goes along when the message is said otherwise.
  await page.reload()
  await messages.getByRole('img', { name: 'dropped.png' }).waitFor()
  await isDrawn(pictures.first())
  await field.press('ArrowUp')
  const edit = page.getByRole('textbox', { name: 'Edit your message' })
  await edit.fill('And what colour?')
  await edit.press('Enter')
  await messages.getByText('2 of 2').first().waitFor()
  await messages.getByText('A red dot.').waitFor()
  await until(async () => (await pictures.count()) === 2)
  expect(JSON.stringify(model.requests.at(-1))).toContain(`data:image/png;base64,${data}`)
  expect(await axeFindings(page)).toEqual([])
  expect(errors).toEqual([])
})

test('what calls itself a picture and is none is refused before it is sent', async () => {
  const hub = await startHub()
  const { page, errors } = await openChat(hub)
  const files = page.getByLabel('Attach files')
  await files.setInputFiles({ ...png, name: 'fake.png', buffer: Buffer.from('<svg onload=x>') })
  await page.getByRole('alert').getByText('fake.png is no PNG, JPEG, WebP or GIF').waitFor()
  await files.setInputFiles({ ...png, name: 'huge.png', buffer: Buffer.alloc(3_200_000) })
  await page.getByRole('alert').getByText('huge.png is larger than 3 MiB').waitFor()
  expect(await page.getByRole('list', { name: 'Goes along' }).count()).toBe(0)
  expect(errors).toEqual([])
})

test('an artifact of a task is found by its name and goes along', async () => {
  const model = await answering()
  const hub = await startHub({}, model.openAi)
  await keepArtifact(hub, { name: 'report.txt', data: 'forty-two tests passed' })
  await keepArtifact(hub, { name: 'shot.png', media_type: 'image/png', encoding: 'base64', data })
  const { page, errors, messages, say } = await openChat(hub)
  await page.getByRole('button', { name: 'Artifact', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Attach an artifact' })
  await dialog.getByRole('button', { name: 'report.txt' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('searchbox').fill('SHOT')
  await dialog.getByRole('button', { name: 'report.txt' }).waitFor({ state: 'detached' })
  await dialog.getByRole('button', { name: 'shot.png' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Artifact', exact: true }).click()
  await dialog.getByRole('button', { name: 'report.txt' }).click()
  await page.getByRole('list', { name: 'Goes along' }).getByText('report.txt').waitFor()
  await say('What came of it?')
  await messages.getByText('A red dot.').waitFor()
  // The text is read, and the picture is given as one.
  const asked = JSON.stringify(model.requests.at(-1))
  expect(asked).toContain('forty-two tests passed')
  expect(asked).toContain(`data:image/png;base64,${data}`)
  const along = messages.getByRole('list', { name: 'Went along' })
  expect(await along.getByRole('link', { name: 'report.txt' }).getAttribute('href')).toMatch(
    /^\/artifacts\/artifact-/,
  )
  expect(errors).toEqual([])
})
