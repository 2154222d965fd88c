import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Approval } from '../../../schemas/approval.ts'
import type { Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const work = {
  template: 'command',
  title: '<b>bold</b>',
  reason: 'asked for at https://me:hunter2@example.org/',
  params: { command: 'true' },
}

async function start(clock?: ManualClock): Promise<TestHub> {
  const data = makeFolder('links')
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({ approvals: [{ tool: 'task_submit' }] }),
  )
  return startHub({ data, ...(clock ? { clock } : {}) })
}

const open = async ({ call }: TestHub) => (await call<{ items: Approval[] }>('approval_list')).items
const tasks = async ({ call }: TestHub) => (await call<{ items: Task[] }>('task_list')).items

/** A held call of dora's, and the link to it that the owner makes. */
async function held(hub: TestHub) {
  const dora = await hub.as('dora', 'developer')
  const made = dora.call<Task>('task_submit', work)
  made.catch(() => undefined) // Some tests end before it does.
  await until(async () => (await open(hub)).length === 1)
  const [asked] = await open(hub)
  const approval = asked!.id
  const { url } = await hub.call<{ url: string }>('approval_link', { approval })
  return { made, dora, approval, url }
}

const send = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' })

test('a link shows the question in full to whoever has it, and takes one answer', async () => {
  const hub = await start()
  const { made, url } = await held(hub)
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/approve\/[\w-]{43}$/)
  for (let looks = 0; looks < 2; looks++) {
    const page = await fetch(url)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self'")
    const html = await page.text()
    expect(html).toContain('May dora call task_submit?')
    expect(html).toContain('&#60;b&#62;bold') // Text, never markup.
    expect(html).not.toContain('hunter2')
    expect(html).not.toContain('<script')
  }
  expect(await open(hub)).toHaveLength(1) // Looking decides nothing.
  const answer = await send(url, { decision: 'approve', scope: 'once' })
  expect(answer.status).toBe(303)
  expect((await made).title).toBe('<b>bold</b>')
  const after = await (await fetch(url)).text()
  expect(after).toContain('It is approved by owner')
  expect(after).not.toContain('bold')
  const again = await send(url, { decision: 'deny', reason: 'no' })
  expect(again.status).toBe(409)
  expect(await again.text()).toContain('owner approved it already')
  expect(await tasks(hub)).toHaveLength(1)
})

test('a no by link needs no sign-in and reaches who called', async () => {
  const hub = await start()
  const { made, url } = await held(hub)
  await send(url, { decision: 'deny', reason: 'not on a Friday' })
  expect(await failure(made)).toMatchObject({
    code: 'denied',
    message: 'owner did not approve task_submit: not on a Friday',
  })
})

test('two answers at once by two links: one counts, the other names who decided', async () => {
  const hub = await start()
  const { made, approval, url } = await held(hub)
  const max = await hub.as('max', 'developer')
  const other = await max.call<{ url: string }>('approval_link', { approval })
  const answers = await Promise.all([
    send(url, { decision: 'approve' }),
    send(other.url, { decision: 'approve' }),
  ])
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 409])
  const late = await answers.find(({ status }) => status === 409)!.text()
  expect(late).toMatch(/(owner|max) approved it already/)
  await made
  expect(await tasks(hub)).toHaveLength(1)
})

test('a link gives no more right than who made it has', async () => {
  const hub = await start()
  const { dora, approval } = await held(hub)
  const own = await dora.call<{ url: string }>('approval_link', { approval })
  const answer = await send(own.url, { decision: 'approve' })
  expect(answer.status).toBe(403)
  expect(await answer.text()).toContain('dora made this call and may not approve it')
  const stranger = await hub.as('bob', 'owner', ['other'])
  expect(await failure(stranger.call('approval_link', { approval }))).toMatchObject({
    code: 'not_found',
  })
  const vera = await hub.as('vera', 'viewer')
  expect(await failure(vera.call('approval_link', { approval }))).toMatchObject({ code: 'denied' })
  expect(await open(hub)).toHaveLength(1)
})

test('a link ends with the credential of who made it, and a lesser one does not bring it back', async () => {
  const hub = await start()
  const { approval } = await held(hub)
  const made = await hub.call<{ id: string; token: string }>('token_create', {
    ...{ name: 'max', role: 'owner', orgs: ['default'] },
  })
  const max = hub.client.withToken(made.token)
  const { url } = await max.call<{ url: string }>('approval_link', { approval })
  expect((await fetch(url)).status).toBe(200)
  await hub.call('token_revoke', { id: made.id })
  await hub.as('max', 'developer')
  const page = await fetch(url)
  expect(page.status).toBe(403)
  expect(await page.text()).not.toContain('task_submit')
  expect((await send(url, { decision: 'approve' })).status).toBe(403)
  expect((await open(hub)).map(({ id }) => id)).toEqual([approval])
})

test('a link that is old, made up or sent from another site answers nothing', async () => {
  const clock = new ManualClock()
  const hub = await start(clock)
  const { approval, url } = await held(hub)
  const foreign = await send(url, { decision: 'approve' }, { origin: 'https://evil.example' })
  expect(foreign.status).toBe(403)
  const guessed = await fetch(`${hub.url}/approve/${'a'.repeat(43)}`)
  expect(guessed.status).toBe(404)
  expect((await send(`${hub.url}/approve/short`, { decision: 'approve' })).status).toBe(401)
  expect((await send(url, { decision: 'perhaps' })).status).toBe(400)
  await clock.jump(25 * 3_600_000)
  expect((await send(url, { decision: 'approve' })).status).toBe(404)
  expect((await open(hub)).map(({ id }) => id)).toEqual([approval])
  await hub.call('approval_decide', { approval, decision: 'deny' })
  expect(await failure(hub.call('approval_link', { approval }))).toMatchObject({
    code: 'conflict',
    details: { state: 'denied' },
  })
})
