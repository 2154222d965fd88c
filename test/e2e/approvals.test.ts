import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Approval } from '../../schemas/approval.ts'
import { axeFindings } from '../helpers/axe.ts'
import { makeFolder } from '../helpers/folder.ts'
import type { TestHub } from '../helpers/hub.ts'
import { fits, openPage } from '../helpers/page.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import { writeFiles } from '../helpers/repo.ts'

async function start(): Promise<TestHub & { note(): string }> {
  const data = makeFolder('approvals')
  const vault = makeFolder('vault')
  writeFiles(vault, { 'Plan.md': '# Plan\n\nShip it.\n\n## Log\n\n- began\n' })
  const approvals = [{ tool: 'note_patch' }, { tool: 'task_submit' }]
  const vaults = { notes: { path: vault, write: ['/'] } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ approvals, vaults }))
  const hub = await startHub({ data })
  return { ...hub, note: () => readFileSync(join(vault, 'Plan.md'), 'utf8') }
}

const patch = (content: string) => ({
  path: 'Plan.md',
  op: 'append',
  heading: ['Plan', 'Log'],
  content,
})

const pending = async (hub: TestHub, count: number): Promise<Approval[]> => {
  const read = async () => (await hub.call<{ items: Approval[] }>('approval_list')).items
  await until(async () => (await read()).length === count)
  return read()
}

test('a person sees what a call would change, and approves or denies it on the page', async () => {
  const hub = await start()
  const dora = await hub.as('dora', 'developer')
  const patched = dora.call('note_patch', patch('- tested'))
  await pending(hub, 1)
  const submitted = failure(
    dora.call('task_submit', {
      template: 'command',
      title: 'Remove the old images',
      params: { command: 'rm -rf build/images\nrm -rf build/cache' },
    }),
  )
  const [held] = await pending(hub, 2)
  expect(held?.tool).toBe('task_submit')

  const { page, errors } = await openPage({ width: 1200, height: 900, colorScheme: 'light' })
  await page.goto(await hub.hub.loginLink())
  await page.getByRole('link', { name: 'Questions 2 waiting' }).click()
  const first = page.getByRole('form', { name: 'May dora call note_patch?' })
  await first.locator('.added', { hasText: '+- tested' }).waitFor()
  const second = page.getByRole('form', { name: 'May dora call task_submit?' })
  await second.getByText('Remove the old images').waitFor()
  await second.locator('pre', { hasText: 'rm -rf build/cache' }).waitFor() // A line of its own.
  expect(await fits(page)).toBe(true)
  expect(await axeFindings(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await axeFindings(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'light' })

  await first.getByLabel('How far the yes reaches').selectOption('rule')
  await first.getByRole('button', { name: 'Approve' }).click()
  await first.waitFor({ state: 'detached' })
  await patched
  expect(hub.note()).toContain('- tested')
  await page.getByRole('region', { name: 'Standing approvals' }).getByText('by dora').waitFor()

  // A no without words is not sent.
  await second.getByRole('button', { name: 'Deny' }).click()
  expect(await pending(hub, 1)).toHaveLength(1)
  await second.getByLabel('Reason').fill('keep the cache')
  await second.getByRole('button', { name: 'Deny' }).click()
  expect(await submitted).toMatchObject({
    code: 'denied',
    message: 'owner did not approve task_submit: keep the cache',
  })
  await page.getByText('Nothing is asked.').waitFor()
  await dora.call('note_patch', patch('- not asked about'))
  await page.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('region', { name: 'Standing approvals' }).waitFor({ state: 'detached' })
  const again = failure(dora.call('note_patch', patch('- asked about')))
  const [asked] = await pending(hub, 1)
  await hub.call('approval_decide', { approval: asked?.id, decision: 'deny', reason: 'enough' })
  expect(await again).toMatchObject({ code: 'denied' })
  expect(errors).toEqual([])
})

test('the questions fit a phone in the dark', async () => {
  const hub = await start()
  const dora = await hub.as('dora', 'developer')
  const made = failure(dora.call('note_patch', patch(`- ${'a-very-long-word'.repeat(12)}`)))
  const [asked] = await pending(hub, 1)
  const { page, errors } = await openPage({ width: 360, height: 900, colorScheme: 'dark' })
  await page.goto(await hub.hub.loginLink())
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('link', { name: 'Questions 1 waiting' }).click()
  await page.getByRole('form').waitFor()
  expect(await fits(page)).toBe(true)
  await hub.call('approval_decide', { approval: asked?.id, decision: 'deny', reason: 'no' })
  await page.getByText('Nothing is asked.').waitFor() // Without a reload.
  await made
  expect(errors).toEqual([])
})

test('a link is answered on a phone, without a sign-in and without a script', async () => {
  const hub = await start()
  const dora = await hub.as('dora', 'developer')
  const made = dora.call('note_patch', patch('- by link'))
  const [first] = await pending(hub, 1)
  const link = async (approval: string | undefined) =>
    (await hub.call<{ url: string }>('approval_link', { approval })).url
  const { page, errors } = await openPage({ width: 360, height: 900, colorScheme: 'light' })
  await page.goto(await link(first?.id))
  await page.locator('.added', { hasText: '+- by link' }).waitFor()
  expect(await fits(page)).toBe(true)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('heading', { name: 'Approved' }).waitFor()
  await made
  expect(hub.note()).toContain('- by link')

  const refused = failure(dora.call('note_patch', patch('- by link again')))
  const [second] = await pending(hub, 1)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto(await link(second?.id))
  await page.getByLabel('Why not').fill('once is enough')
  await page.getByRole('button', { name: 'Deny' }).click()
  await page.getByRole('heading', { name: 'Denied' }).waitFor()
  expect(await refused).toMatchObject({
    code: 'denied',
    message: 'owner did not approve note_patch: once is enough',
  })
  expect(errors).toEqual([])
})
