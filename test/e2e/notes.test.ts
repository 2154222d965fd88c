import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { until } from '../helpers/hub.ts'
import { expectAccessible, openDashboard } from '../helpers/dashboard.ts'
import { startVault } from '../helpers/vault.ts'

const plan = `---
status: open
owner: "[[Ada]]" # keeps the store
---

What has to be done. See [[Checklist|the list]], [a file](Checklist.md) and [[Nowhere]].

> [!warning] The copy first
> Nothing before it.

## Tasks

- [x] write it
- [ ] call **Ada**
- [-] not this

\`\`\`
- [ ] code is no task, and [[Ada]] no link
\`\`\`

![[Checklist#Before]]
`
const files = {
  'Release plan.md': plan,
  'Checklist.md': '# Checklist\n\n## Before\n\nBack up the store. #ops\n\n## After\n\nTell all.\n',
  'People/Ada.md': 'Ada keeps it. Named in [[Release plan]].\n',
  'Open.base':
    'views:\n  - type: table\n    name: All\n    filters: status == "open"\n    order: [file.name, status]\n',
}

test('a person finds a note, follows its links, and ticks a box in the file', async () => {
  const vault = await startVault(files)
  const { page, errors, go: open } = await openDashboard(vault)
  await open('#/notes')
  await page.getByRole('searchbox').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('call')
  await page.locator('.note-row mark', { hasText: 'call' }).waitFor()
  await page.getByRole('searchbox').press('Enter')
  await page.getByRole('searchbox').evaluate((field) => (field as HTMLElement).blur())
  await page.keyboard.press('j')
  await page.keyboard.press('o')
  const note = page.getByRole('article', { name: 'Release plan' })
  await note.getByText('The copy first').waitFor()
  await note.getByText('Back up the store.').waitFor()
  await note.getByRole('link', { name: 'Create Nowhere' }).waitFor()
  await expect.poll(() => note.locator('.no-link').allTextContents()).toEqual(['Nowhere'])
  await note.getByRole('checkbox', { name: 'call **Ada**' }).check()
  await until(() => vault.read('Release plan.md').includes('- [x] call **Ada**'))
  expect(vault.read('Release plan.md')).toBe(plan.replace('[ ] call', '[x] call'))
  await note.getByRole('link', { name: 'a file' }).click()
  const list = page.getByRole('article', { name: 'Checklist' })
  await list.getByRole('link', { name: 'Release plan' }).waitFor()
  await list.getByRole('link', { name: '#ops' }).click()
  await page.getByText('1 note', { exact: true }).waitFor()
  expect(new URL(page.url()).hash).toContain('tag=%23ops')
  expect(errors).toEqual([])
})

test('a note is edited in place; its properties stay byte for byte', async () => {
  const vault = await startVault(files)
  const { page, errors, go: open } = await openDashboard(vault)
  await open('#/notes/Release%20plan.md?vault=notes')
  await page.getByRole('button', { name: 'Edit' }).click()
  const field = page.getByRole('textbox', { name: 'Text of Release plan' })
  expect(await field.inputValue()).toBe(plan.slice(plan.indexOf('What has')))
  await field.fill(`${await field.inputValue()}\nAdded at the end.\n`)
  await page.getByRole('button', { name: 'Show changes' }).click()
  await page.locator('.diff .added', { hasText: 'Added at the end.' }).waitFor()
  await field.press('Control+s')
  await page.locator('.body-text').getByText('Added at the end.').waitFor()
  expect(vault.read('Release plan.md')).toBe(`${plan}\nAdded at the end.\n`)
  expect(errors).toEqual([])
})

test('what is typed outlives the page, and a note that changed meanwhile loses neither version', async () => {
  const vault = await startVault(files)
  const { page, errors, go: open } = await openDashboard(vault)
  await open('#/notes/Checklist.md?vault=notes&edit=1')
  const mine = page.locator('textarea.mine')
  await mine.fill('My own words.\n')
  await page.reload()
  await page.getByText('Goes on with what you wrote').waitFor()
  expect(await mine.inputValue()).toBe('My own words.\n')
  writeFileSync(join(vault.root, 'Checklist.md'), 'Their words.\n')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alert').getByText('Nothing was saved').waitFor()
  expect(await page.getByLabel('There now').inputValue()).toBe('Their words.\n')
  expect(await mine.inputValue()).toBe('My own words.\n')
  expect(vault.read('Checklist.md')).toBe('Their words.\n')
  await page.reload()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alert').getByText('Nothing was saved').waitFor()
  await page.getByRole('button', { name: 'Put theirs into my text' }).click()
  await expectAccessible(page, 'a conflict')
  await page.getByRole('button', { name: 'Save mine over theirs' }).click()
  await page.locator('.body-text').getByText('Their words.').waitFor()
  expect(vault.read('Checklist.md')).toBe('My own words.\n\nTheir words.\n')
  expect(errors).toEqual([])
})

test('notes are created, moved with the links that lead there, and deleted', async () => {
  const vault = await startVault(files)
  writeFileSync(join(vault.root, '.gitkeep'), '')
  const { page, errors, go: open } = await openDashboard(vault)
  await open('#/notes/Release%20plan.md?vault=notes')
  await page.getByRole('link', { name: 'Create Nowhere' }).click()
  await page.getByLabel('Path').fill('Checklist')
  await page.getByLabel('Text').fill('Now it is there.')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('alert').getByText('exists').waitFor()
  await page.getByLabel('Path').fill('Ideas/Nowhere')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.locator('.body-text').getByText('Now it is there.').waitFor()

  await open('#/notes/Checklist.md?vault=notes')
  await page.getByLabel('More for this note').click()
  await page.getByRole('button', { name: 'Move or rename' }).click()
  await page.getByLabel('New path').fill('Lists/Before the release')
  await page.getByRole('button', { name: 'Show what changes' }).click()
  await page.getByText('Release plan').first().waitFor()
  expect(vault.read('Checklist.md')).toBe(files['Checklist.md'])
  await page.getByRole('button', { name: /Move and rewrite 3 links in 1 note/ }).click()
  await page.getByRole('article', { name: 'Before the release' }).waitFor()
  expect(vault.read('Release plan.md')).toContain('[[Before the release|the list]]')

  await page.getByLabel('More for this note').click()
  await page.getByRole('button', { name: 'Delete…' }).click()
  await page.getByText('Links from Release plan will lead nowhere.').waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  expect(vault.read('Lists/Before the release.md')).toContain('Back up')
  expect(errors).toEqual([])
})

test('a query set is a table, a bad search says what is wrong, and a reader is offered no change', async () => {
  const vault = await startVault(files, { write: [] })
  const { page, errors, go: open } = await openDashboard(vault)
  await open('#/notes?vault=notes')
  await page.getByRole('link', { name: 'Open.base#All' }).click()
  await page.getByRole('columnheader', { name: 'status' }).waitFor()
  await page.getByRole('row').getByRole('link', { name: 'Release plan' }).click()
  await page.locator('.body-text').waitFor()
  expect(await page.getByRole('button', { name: 'Edit' }).count()).toBe(0)
  expect(await page.locator('.body-text input:not([disabled])').count()).toBe(0)
  await open('#/notes?vault=notes&q=%2F(%2F')
  await page.getByRole('alert').first().waitFor()
  await page.getByText('a regular expression').waitFor()
  await open('#/notes?vault=notes&q=zebra')
  await page.getByText('No note fits.').waitFor()
  await open('#/notes/None.md?vault=notes')
  await page.getByRole('alert').getByText('None.md').waitFor()
  expect(errors).toEqual([])
})

const hostile = `# ${'A title that does not end '.repeat(12)}

<img src=x onerror=alert(1)> <script>alert(2)</script> [x](javascript:alert(3)) [[javascript:alert(4)]]

![[<svg onload=alert(5)>]] ${'unbroken'.repeat(60)} שלום 🎉

> [!"><img src=x onerror=alert(6)>] title
> [!note] <img src=x onerror=alert(7)>

| a | b |
|---|---|
| <iframe src=//example.org> | \`<b>\` |
`

test.for(['light', 'dark'] as const)(
  'hostile text stays text, and each view is accessible on a phone and a desk in %s',
  async (colorScheme) => {
    const vault = await startVault({
      ...files,
      'Hostile.md': hostile,
      '<img src=x onerror=alert(9)>.md': 'named so\n',
    })
    for (const width of [360, 1280]) {
      const { page, errors, go: open } = await openDashboard(vault, '', { width, colorScheme })
      for (const [hash, ready] of [
        ['#/notes?vault=notes', '.begin .chips'],
        ['#/notes?vault=notes&q=a', '.note-row'],
        ['#/notes?vault=notes&set=Open.base%23All', width > 1000 ? '.thing table' : '.note-row'],
        ['#/notes/Release%20plan.md?vault=notes', '.callout'],
        ['#/notes/Hostile.md?vault=notes', '.body-text table'],
        ['#/notes/Hostile.md?vault=notes&edit=1', 'textarea.mine'],
        ['#/notes/Hostile.md?vault=notes&move=1', 'input[name=to]'],
        ['#/notes?vault=notes&new=1', 'input[name=path]'],
      ] as const) {
        await open(hash)
        await page.locator(ready).first().waitFor()
        await expectAccessible(page, `${hash} at ${width}`)
      }
      expect(await page.locator('img, iframe, svg, main script').count()).toBe(0)
      expect(errors).toEqual([])
    }
  },
)
