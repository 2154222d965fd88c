import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { ContextSource } from '../../schemas/context.ts'
import type { Task } from '../../schemas/task.ts'
import { makeFolder } from '../helpers/folder.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub } from '../helpers/hub.ts'
import { makeRepo, writeFiles } from '../helpers/repo.ts'
import { expectAccessible, openDashboard } from '../helpers/dashboard.ts'

const files = {
  'README.md': '# Shop\n\nCards are charged through the gateway.\n',
  'src/charge.ts': `${'// above\n'.repeat(3)}/** Charges a credit card once. */\nexport function chargeCardOnce() {}\n`,
}

async function startWithContext(): Promise<TestHub & { repo: string }> {
  const hub = await startHub({ leaseMs: 600_000 })
  const repo = await makeRepo(files)
  await hub.call('context_ingest', { kind: 'repo', uri: repo, name: 'shop' })
  const documents = [{ path: 'gossip.md', text: 'They say the gateway charges twice.\n' }]
  await hub.call('context_ingest', { kind: 'text', uri: 'gossip', trust: 'external', documents })
  return { ...hub, repo }
}

test('what is found is cited, and a citation opens where it stands', async () => {
  const hub = await startWithContext()
  const { page, errors, go: open } = await openDashboard(hub)
  await open('#/context')
  await page.getByRole('searchbox').fill('chargeCardOnce')
  await page.locator('.citation', { hasText: 'src/charge.ts' }).click()
  const document = page.getByRole('article', { name: 'src/charge.ts' })
  await document.locator('[data-cited]', { hasText: 'chargeCardOnce' }).waitFor()
  expect(await document.locator('.number').first().textContent()).toBe('1')
  await page.getByRole('searchbox').fill('gateway charges')
  await page.locator('.citation', { hasText: 'gossip.md' }).getByText('external').waitFor()
  await page.getByRole('link', { name: 'texts' }).click()
  await page.getByText('1 piece from 1 source').waitFor()
  await page.reload()
  await page.getByText('1 piece from 1 source').waitFor()
  expect(errors).toEqual([])
})

test('a source is added, read again and forgotten; what cannot be is said', async () => {
  const hub = await startWithContext()
  const folder = makeFolder('handbook')
  writeFiles(folder, {
    'rates.md': 'The rate is nineteen percent.\n',
    '.env': 'PASSWORD=secret1234\n',
  })
  const { page, errors, go: open } = await openDashboard(hub)
  await open('#/context/sources')
  await page.getByRole('link', { name: 'Add a source' }).click()
  await page.getByLabel('Kind').selectOption('folder')
  await page.getByLabel('Path').fill('/no/such/folder')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('alert').getByText('there is no folder /no/such/folder').waitFor()
  await page.getByLabel('Path').fill(folder)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  const name = folder.split('/').at(-1) ?? ''
  const row = page.getByRole('listitem').filter({ hasText: name })
  await row.getByText('ready').waitFor()
  writeFileSync(join(folder, 'more.md'), 'One more.\n')
  await row.getByRole('button', { name: `Read again: ${name}` }).click()
  await page.getByRole('status').getByText('was read').waitFor()
  await row.getByRole('button', { name: `Forget ${name}` }).click()
  await row.getByRole('button', { name: `Really forget it? ${name}` }).click()
  await row.waitFor({ state: 'detached' })
  const { items } = await hub.call<{ items: ContextSource[] }>('context_source_list')
  expect(items.map((source) => source.name).toSorted()).toEqual(['gossip', 'shop'])
  expect(errors).toEqual([])
})

test('a pack shows its pieces and what was left out, and a task what its agent was told', async () => {
  const hub = await startWithContext()
  const { page, errors, go: open } = await openDashboard(hub)
  await open('#/context/pack?tokens=1000')
  await page.getByLabel('What the pack is for').fill('charge a card through the gateway')
  await page.getByText('tokens of 1000').waitFor()
  await page.getByRole('link', { name: /^src\/charge\.ts:/ }).click()
  await page.getByRole('article', { name: 'src/charge.ts' }).waitFor()

  const { id: task } = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one' })
  const held = {
    query: 'anything',
    text: 'Context for: anything',
    tokens: 321,
    state: 'ready',
    items: [
      {
        cite: '<img src=x onerror=alert(1)>:1@abc',
        source: 'ctx',
        path: 'a',
        line: 1,
        form: 'text',
        trust: 'own',
        tokens: 300,
      },
    ],
    omitted: { count: 2, tokens: 50, cites: ['b.md:1@abc'] },
    degraded: [],
  }
  const keep = (data: string) =>
    hub.call('artifact_create', { task, fence: lease.fence, name: 'context.json', data })
  await open(`#/context/pack?task=${task}`)
  await page.getByText('This task has no goal').waitFor()
  await keep(JSON.stringify(held))
  await page.reload()
  await page.getByRole('heading', { name: 'What the agent was told' }).waitFor()
  await page.getByText('321 tokens, 1 piece, 2 left out').waitFor()
  await page.getByText('<img src=x onerror=alert(1)>:1@abc').waitFor()
  await page.getByText('and 1 more').waitFor()
  expect(errors).toEqual([])
})

test.for(['light', 'dark'] as const)(
  'each view is accessible on a phone and a desk in %s, whatever a source says',
  async (colorScheme) => {
    const hub = await startWithContext()
    const text = `<img src=x onerror=alert(1)> gateway ${'unbroken'.repeat(80)} שלום\n`
    const documents = [{ path: `<b>${'long'.repeat(60)}.md`, text }]
    await hub.call('context_ingest', { kind: 'text', uri: '<svg onload=alert(2)>', documents })
    for (const width of [360, 1280]) {
      const { page, errors, go: open } = await openDashboard(hub, '', { width, colorScheme })
      for (const [hash, ready] of [
        ['#/context', '[role=search]'],
        ['#/context?q=gateway', '.citation'],
        ['#/context?q=gateway&source=shop&path=src/charge.ts&line=4', '[data-cited]'],
        ['#/context?q=x&source=shop&path=none&line=4', '.problem'],
        ['#/context/sources', '.source-row'],
        ['#/context/sources?add=1', 'input[name=uri]'],
        ['#/context/pack?q=gateway', '.pieces'],
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
