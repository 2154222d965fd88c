import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Change } from '../../schemas/change.ts'
import type { Workspace } from '../../schemas/repo.ts'
import { axeFindings } from '../helpers/axe.ts'
import type { TestHub } from '../helpers/hub.ts'
import { fits, openPage } from '../helpers/page.ts'
import { startHub, until } from '../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../helpers/repo.ts'
import type { Discussed } from '../helpers/review.ts'

const sum = 'export function sum(a, b) {\n  return a - b\n}\n'

async function propose(
  hub: TestHub,
  repo: string,
  task: string,
  files: Record<string, string>,
  more: Record<string, unknown> = {},
): Promise<Change> {
  const space = await hub.call<Workspace>('branch_create', { repo, task })
  writeFiles(space.path, files)
  await hub.call('commit_create', { task, message: 'Work' })
  return hub.call<Change>('change_open', { task, title: `Work of ${task}`, ...more })
}

const read = (hub: TestHub, change: string) => hub.call<Discussed>('change_read', { change })
const visit = async (page: Page, hub: TestHub, hash: string): Promise<void> => {
  await page.goto(await hub.hub.loginLink())
  await page.getByText('live', { exact: true }).waitFor()
  await page.evaluate((hash) => (location.hash = hash), hash)
}

test('a reviewer comments on a line, asks for changes, compares revisions, approves and merges', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ 'src/sum.js': sum, 'README.md': '# Sum\n' })
  const fixed = { 'src/sum.js': sum.replace('-', '+'), 'README.md': '# Sum\n\nIt adds.\n' }
  const change = await propose(hub, repo, 'task-one', fixed)
  const { page, errors } = await openPage({ height: 900 })
  await visit(page, hub, '#/changes')
  await page.getByText('Work of task-one').click()
  const diff = page.locator('.diff', { hasText: 'src/sum.js' })
  await diff.getByText('+  return a + b').waitFor()
  await diff.locator('.c-kwd', { hasText: 'return' }).first().waitFor() // Coloured by the worker.

  await diff.getByRole('button', { name: 'Comment on line 2', exact: true }).click()
  await page.getByRole('textbox', { name: 'Comment on line 2' }).fill('Why not **subtract**?')
  await page.getByLabel('What it asks for').selectOption('required')
  await page.getByRole('button', { name: 'Add to review' }).click()
  await diff.getByText('not sent').waitFor()
  await page.reload() // Drafts outlive it.
  await page.getByText('1 comment goes with your verdict.').waitFor()
  await page.getByLabel('Your words').fill('One question.')
  await page.getByRole('button', { name: 'Request changes' }).click()
  await page.locator('.discussion').getByText('asks for changes').waitFor()
  await diff.getByText('has to be settled').waitFor()
  const { comments, reviews } = await read(hub, change.id)
  expect(comments).toMatchObject([
    { path: 'src/sum.js', line: 2, side: 'new', resolve: 'required' },
  ])
  expect(reviews).toMatchObject([{ verdict: 'request_changes', revision: 1 }])

  // Who asked for changes waits for them: the next revision is shown as it comes.
  await propose(hub, repo, 'task-one', { 'src/sum.js': `// adds\n${fixed['src/sum.js']}` })
  await page.getByText('Revision 2 of 2').waitFor()
  await diff.locator('.row', { hasText: '+// adds' }).waitFor()
  await diff.getByRole('article').waitFor() // The comment went along with its line.
  // Another one is announced, and nothing that was not shown is approved.
  await propose(hub, repo, 'task-one', { 'README.md': '# Sum\n\nIt adds up.\n' })
  await page.getByText('Revision 3 has come in.').waitFor()
  await page.getByRole('button', { name: 'Approve revision 2' }).waitFor()
  await page.getByRole('button', { name: 'Review revision 3' }).click()
  await page.getByLabel('Compared with').selectOption('2')
  await page.locator('.diff').getByText('+It adds up.').waitFor()
  expect(await page.locator('details.diff').count()).toBe(1)
  expect(page.url()).toContain('since=2')
  await page.getByLabel('Compared with').selectOption('')

  await diff.getByText('Reply or resolve').click()
  await diff.getByRole('textbox', { name: 'Reply' }).fill('It does.')
  await diff.getByRole('button', { name: 'Resolve' }).click()
  await diff.getByText('resolved').waitFor()
  await page.getByRole('button', { name: 'Approve revision 3' }).click()
  await page.locator('.standing').getByText('approved').first().waitFor()
  await page.getByText('Ready to merge').waitFor()
  await page.getByLabel('How it is brought in').selectOption('squash')
  await page.getByLabel('also update my checkout').check()
  await page.getByRole('button', { name: 'Merge' }).click()
  await page.getByText('Merged by owner').waitFor()
  await page.getByText('Nothing waits for a review.').waitFor()
  expect(errors).toEqual([])
})

test('a review goes by keyboard alone', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ 'src/sum.js': sum, 'README.md': '# Sum\n' })
  await propose(hub, repo, 'task-one', { 'src/sum.js': `${sum}\n`, 'README.md': '# Other\n' })
  const { page, errors } = await openPage({ height: 900 })
  await visit(page, hub, '#/changes')
  await page.getByText('Work of task-one').waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('o')
  await page.locator('details.diff').first().waitFor()
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
  await page.keyboard.press('n')
  await until(
    async () =>
      (await focused()).startsWith('README.md') || (await focused()).startsWith('src/sum.js'),
  )
  await page.keyboard.press('n')
  await until(async () => (await focused()).startsWith('src/sum.js'))
  await page.keyboard.press('Tab')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.type('from the keyboard')
  await page.keyboard.press('Escape')
  expect(await page.locator('form.writing').count()).toBe(0)
  await page.keyboard.press('r')
  await page.keyboard.type('Please')
  await page.keyboard.press('Tab')
  await page.keyboard.press('a')
  await page.locator('.standing').getByText('approved').first().waitFor()
  expect(errors).toEqual([])
})

test('a draft says that it is one, is not judged, and is made ready', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ 'README.md': '# Sum\n' })
  const { id } = await propose(hub, repo, 'task-one', { 'README.md': '# Other\n' })
  await hub.call('change_update', { change: id, draft: true })
  const { page, errors } = await openPage({ height: 900 })
  await visit(page, hub, `#/changes/${id}`)
  await page.locator('.thing-row .badge', { hasText: 'draft' }).waitFor()
  await page.getByText('A draft, not ready for review').waitFor()
  expect(await page.getByRole('button', { name: 'Merge' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Make it ready for review' }).click()
  await page.getByRole('button', { name: 'Approve revision 1' }).waitFor()
  await page.locator('.thing-row .badge', { hasText: 'open' }).waitFor()
  expect(errors).toEqual([])
})

test('a conflict says where it is, and an agent is asked to resolve it', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ 'README.md': '# Sum\n' })
  const change = await propose(hub, repo, 'task-one', { 'README.md': '# Ours\n' })
  writeFileSync(join(repo, 'README.md'), '# Theirs\n')
  await commitAll(repo, 'elsewhere')
  const { page, errors } = await openPage({ height: 900 })
  await visit(page, hub, `#/changes/${change.id}`)
  await page.getByText('Not ready to merge').waitFor()
  await page.getByText('it conflicts with main in README.md').waitFor()
  await page.getByRole('button', { name: 'Merge', exact: true }).click()
  await page.getByRole('alert').getByText('conflicts with main').waitFor()
  await page.getByRole('button', { name: 'Have an agent resolve the conflict' }).click()
  await page.getByText('An agent is to resolve the conflict in README.md.').waitFor()
  expect(errors).toEqual([])
})

test('text of strangers stays text, on a phone and for axe, in light and dark', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ 'a.ts': 'const a = 1\n' })
  const evil = '<img src=x onerror=alert(1)>'
  const change = await propose(
    hub,
    repo,
    'task-one',
    { 'src/<b>evil.ts': `// ${evil}\nconst a = '${'x'.repeat(5000)}'\n`, 'a.ts': 'const a = 2\n' },
    {
      title: `${evil} ${'long-title-'.repeat(12)} مرحبا 🚂`,
      body: `${evil} [x](javascript:alert(1))`,
    },
  )
  await hub.call('change_comment', { change: change.id, path: 'a.ts', line: 1, body: evil })
  const { page, errors } = await openPage({ width: 360, height: 900 })
  await visit(page, hub, `#/changes/${change.id}`)
  await page.locator('.diff').getByText(`+// ${evil}`).waitFor()
  expect(await page.locator('main img').count()).toBe(0)
  expect(await page.locator('a[href^="javascript"]').count()).toBe(0)
  expect(await fits(page)).toBe(true)
  await page.setViewportSize({ width: 1400, height: 900 })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await axeFindings(page)).toEqual([])
  }
  expect(errors).toEqual([])
})

test('a difference of 12,000 lines is drawn where it is seen', async () => {
  const hub = await startHub()
  const lines = (word: string) =>
    Array.from({ length: 6000 }, (_, at) => `export const v${at} = ${word}`).join('\n')
  const repo = await makeRepo({ 'big.ts': `${lines('false')}\n` })
  const change = await propose(hub, repo, 'task-one', { 'big.ts': `${lines('true')}\n` })
  const { page, errors } = await openPage({ height: 900 })
  await visit(page, hub, `#/changes/${change.id}`)
  await page.locator('.diff .row').first().waitFor()
  const drawn = () => page.locator('.diff .row').count()
  expect(await drawn()).toBeLessThan(1500)
  // Counted in time of the thread, so that a busy machine says the same.
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const busySeconds = async () =>
    (await devtools.send('Performance.getMetrics')).metrics.find(
      ({ name }) => name === 'TaskDuration',
    )?.value ?? 0
  const before = await busySeconds()
  const steps = 40
  await page.evaluate(async (steps) => {
    for (let step = 0; step < steps; step++) {
      scrollBy(0, 400)
      await new Promise(requestAnimationFrame)
    }
    scrollTo(0, document.documentElement.scrollHeight)
  }, steps)
  const frameMs = (((await busySeconds()) - before) * 1000) / steps
  if (process.env.SHOW_FIGURES) console.log('per frame of 400 px, ms of CPU:', frameMs)
  await page.locator('.row.added', { hasText: 'v5999 = true' }).waitFor()
  expect(await drawn()).toBeLessThan(1500)
  expect(errors).toEqual([])
})
