import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectAccessible, expectFit, openDashboard } from '../helpers/dashboard.ts'
import { until } from '../helpers/hub.ts'
import { dotGif, redDot } from '../helpers/pictures.ts'
import { startVault } from '../helpers/vault.ts'

const front = `---
status: open # of the plan
stars: 3
done: false
tags:
  - ops
odd: { a: 1 }
---
`
const body = `
![[dot.png]]

In a line ![[Assets/dot.gif|200]] and ![a dot](../Assets/dot%20two.png), not
![elsewhere](https://example.org/x.png).

![[gone.png]]

![[fake.png]]
`

async function startPictures() {
  const vault = await startVault({ 'Plans/Release.md': front + body, 'Assets/note.md': 'x' })
  for (const [name, bytes] of Object.entries({
    'dot.png': redDot,
    'dot two.png': redDot,
    'dot.gif': dotGif,
    'fake.png': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
  }))
    writeFileSync(join(vault.root, 'Assets', name), bytes)
  return vault
}

test('pictures of the vault are shown in the note, and nothing is fetched from elsewhere', async () => {
  const vault = await startPictures()
  const { page, go } = await openDashboard(vault)
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await go('#/notes/Plans%2FRelease.md?vault=notes')
  const note = page.getByRole('article', { name: 'Release' })
  const widths = () =>
    note
      .getByRole('img')
      .evaluateAll((all) => all.map((one) => (one as HTMLImageElement).naturalWidth))
  await until(async () => (await widths()).join() === '1,1,1,0,0')
  await note.locator('img[data-missing]').nth(1).waitFor()
  await note.getByRole('link', { name: 'image: elsewhere' }).waitFor()
  expect(asked.filter((url) => !url.startsWith(vault.url))).toEqual([])
  await expectFit({ page })
})

test('properties are shown and changed in their own lines, and a change meanwhile is not lost', async () => {
  const vault = await startPictures()
  const { page, go } = await openDashboard(vault)
  await go('#/notes/Plans%2FRelease.md?vault=notes')
  const beside = page.getByRole('complementary', { name: 'About this note' })
  await beside.getByText('status', { exact: true }).waitFor()
  const change = beside.getByRole('button', { name: 'Change properties' })
  await change.press('Enter')
  const form = beside.getByRole('form', { name: 'Properties' })
  await expectAccessible(page, 'the form of properties')
  await form
    .getByLabel('status', { exact: false })
    .and(form.locator('[name=status]'))
    .fill('shipped')
  await form.getByLabel('done', { exact: false }).and(form.locator('[name=done]')).check()
  await form
    .getByLabel('tags', { exact: false })
    .and(form.locator('[name=tags]'))
    .fill('ops\nrelease')
  await form.getByRole('button', { name: 'Remove stars' }).click()
  await form.getByLabel('New property').fill('rank')
  await form.getByLabel('Its value').fill('7')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.waitFor({ state: 'detached' })
  const file = () => vault.read('Plans/Release.md')
  expect(file()).toBe(`---
status: shipped # of the plan
done: true
tags:
  - ops
  - release
odd: { a: 1 }
rank: 7
---
${body}`)
  await beside.getByText('shipped').waitFor()
  // Somebody else changes the note while the form is open.
  await change.click()
  writeFileSync(join(vault.root, 'Plans/Release.md'), file().replace('rank: 7', 'rank: 8'))
  await form.getByLabel('status', { exact: false }).and(form.locator('[name=status]')).fill('lost')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByRole('alert').waitFor()
  expect(file()).toContain('status: shipped')
  await form
    .getByLabel('status', { exact: false })
    .and(form.locator('[name=status]'))
    .press('Escape')
  await form.waitFor({ state: 'detached' })
})
