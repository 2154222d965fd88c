import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectAccessible, openDashboard } from '../helpers/dashboard.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub } from '../helpers/hub.ts'
import { startVault } from '../helpers/vault.ts'

test('a vault that is named while the page says that there is none shows there by itself', async () => {
  const data = makeFolder('hub')
  const hub = await startHub({ data })
  const { page, errors } = await openDashboard(hub, '#/notes')
  await page.getByRole('heading', { name: 'No vault yet' }).waitFor()
  const vaults = { notes: { path: makeFolder('vault'), write: ['/'] } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ vaults }))
  await page.getByRole('searchbox').waitFor()
  expect(errors).toEqual([])
})

test('a vault that is named while another is open is offered, and the open one stays', async () => {
  const data = makeFolder('hub')
  const write = (vaults: object) =>
    writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ vaults }))
  const [one, two] = [{ path: makeFolder('vault'), write: ['/'] }, { path: makeFolder('vault') }]
  write({ one })
  const hub = await startHub({ data })
  const { page, errors } = await openDashboard(hub, '#/notes')
  const shown = (name: string) =>
    page.locator('.thing .title', { hasText: new RegExp(`^${name}$`) }).waitFor()
  await shown('one')
  write({ two, one })
  const choice = page.getByLabel('Vaults')
  await choice.getByRole('link', { name: 'two' }).waitFor()
  expect(await choice.locator('[aria-current=true]').innerText()).toBe('one')
  await shown('one')
  write({ two })
  await shown('two')
  await choice.waitFor({ state: 'detached' })
  expect(errors).toEqual([])
})

test('where today has no note yet, it is made by one button', async () => {
  const vault = await startVault({ 'One.md': 'One.\n' })
  const { page, errors, go } = await openDashboard(vault, '#/notes')
  await page.getByRole('link', { name: 'Today' }).click()
  await page.getByText('There is no note of today yet.').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  await expectAccessible(page, 'no note of today')
  await page.getByRole('button', { name: 'Create it' }).click()
  await page.getByText('This note is empty.').waitFor()
  await go('#/notes')
  await page.getByRole('link', { name: 'Today' }).click()
  await page.getByText('This note is empty.').waitFor()
  expect(errors).toEqual([])
})

test('where nothing may be written, a day without a note is no error either', async () => {
  const vault = await startVault({ 'One.md': 'One.\n' }, { write: [] })
  const { page, errors } = await openDashboard(vault, '#/notes/daily:today?vault=notes')
  await page.getByText('There is no note of today yet.').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await page.getByRole('button', { name: 'Create it' }).count()).toBe(0)
  expect(errors).toEqual([])
})

test('a note that was found is named once, with what else there is to tell of it', async () => {
  const vault = await startVault({
    'Open.base':
      'views:\n  - type: table\n    name: All\n    filters: step == "last"\n    order: [file.name, title, step]\n',
    'Plans/Release.md':
      '---\ntitle: Release\nstep: last\n---\n\n# Release\n\nThe tag comes last.\n\n## Before\n\nAsk for the tag.\n',
  })
  const { page, errors, go } = await openDashboard(vault, '#/notes?q=Release&names=1')
  const row = page.locator('.note-row')
  await expect.poll(() => row.innerText()).toMatch(/^Release\nPlans\nThe tag comes last\./)
  await go('#/notes?set=Open.base%23All')
  await expect.poll(() => row.innerText()).toBe('Release\nPlans\nstep last')
  await go('#/notes?q=Ask')
  await expect.poll(() => row.innerText()).toMatch(/^Release\nPlans · Before\nAsk for the tag\./)
  expect(errors).toEqual([])
})
