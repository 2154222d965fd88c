import { expect, test } from 'vitest'
import { axeFindings } from '../helpers/axe.ts'
import { openDashboard } from '../helpers/dashboard.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub } from '../helpers/hub.ts'

const hostile = '<img src=x onerror="alert(1)"> \u202etxt.exe 🚂'

const submit = (hub: TestHub, title: string) =>
  hub.call('task_submit', { template: 'command', command: 'true', title })

test('the palette finds pages, tasks and tools, and runs a tool by its form', async () => {
  const hub = await startHub()
  await submit(hub, `Backup ${hostile}`)
  const { page, errors } = await openDashboard(hub, '')
  await page.getByText('live', { exact: true }).waitFor()
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog', { name: 'Find anything' })
  await page.keyboard.type('backup')
  await palette.getByRole('option', { name: /^Task Backup/ }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /^Backup/ }).waitFor()
  await palette.waitFor({ state: 'hidden' })

  await page.keyboard.press('Control+k')
  await palette.getByRole('option', { name: /^Recent Backup/ }).waitFor()
  await page.keyboard.type('list tasks')
  await palette.getByRole('option', { name: /^Tool List tasks task_list/ }).click()
  await palette.getByLabel('Text').fill('backup')
  await palette.getByRole('button', { name: 'Run' }).click()
  await palette.getByText('Backup <img').first().waitFor()
  await page.keyboard.press('Escape')
  await palette.waitFor({ state: 'hidden' })
  const isAway = () => page.evaluate(() => document.activeElement?.closest('dialog') === null)
  await expect.poll(isAway).toBe(true)
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).getByText('Find anything').waitFor()
  expect(errors).toEqual([])
})

test('what is typed before the tools are known is searched once they are', async () => {
  const hub = await startHub()
  await submit(hub, 'Backup of the year')
  const { page, errors } = await openDashboard(hub, '')
  const typed = Promise.withResolvers<void>()
  await page.route(/\/mcp/, async (route) => {
    if (route.request().postData()?.includes('"tools/list"')) await typed.promise
    await route.continue()
  })
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog', { name: 'Find anything' })
  await palette.waitFor()
  await page.keyboard.type('backup')
  const name = 'Find a page, a thing or a tool'
  await expect.poll(() => palette.getByRole('combobox', { name }).inputValue()).toBe('backup')
  expect(await palette.getByText('Nothing is called that').count()).toBe(0)
  typed.resolve()
  await palette.getByRole('option', { name: /^Task Backup/ }).waitFor()
  expect(errors).toEqual([])
})
