import { expect, test } from 'vitest'
import { openDashboard } from '../helpers/dashboard.ts'
import { startHub } from '../helpers/hub.ts'

const pagesOfWords = {
  tokens: 'Settings',
  theme: 'Settings',
  login: 'Settings',
  quota: 'Usage',
  cost: 'Usage',
  logs: 'Tasks',
  kubernetes: 'Clusters',
}

test('a page is found by what people call the things on it, and one of that name before', async () => {
  const { page, errors } = await openDashboard(await startHub())
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog', { name: 'Find anything' })
  const field = palette.getByRole('combobox')
  for (const [word, title] of Object.entries(pagesOfWords)) {
    await field.fill(word)
    await palette.getByRole('option', { name: new RegExp(`^Page ${title} `) }).waitFor()
  }
  await field.fill('agents')
  await expect
    .poll(() => palette.getByRole('option').first().innerText())
    .toMatch(/^Page\s+Agents$/)
  await field.fill('credentials')
  await palette.getByRole('option', { name: /^Page Settings/ }).click()
  await page.getByRole('heading', { name: 'Settings' }).waitFor()
  expect(errors).toEqual([])
})

test('the theme is changed from the palette, and the page of settings follows', async () => {
  const { page, errors } = await openDashboard(await startHub(), '#/settings')
  const isDark = page.getByLabel('Dark')
  await isDark.waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('dark')
  await page.getByRole('option', { name: /^Page Settings dark/ }).waitFor()
  await page.getByRole('option', { name: 'Action Dark theme' }).click()
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)
  expect(await scheme()).toBe('dark')
  await expect.poll(() => isDark.isChecked()).toBe(true)
  expect(errors).toEqual([])
})
