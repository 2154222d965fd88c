import { expect, test } from 'vitest'
import type { AuditItem } from '../../schemas/audit.ts'
import type { Trigger } from '../../schemas/trigger.ts'
import { expectFit, openDashboard } from '../helpers/dashboard.ts'
import { startHub } from '../helpers/hub.ts'
import { ready, state, stdio, write } from '../helpers/upstreams.ts'
import { until } from '../helpers/hub.ts'

test('every tool of the hub has a form, and the browser has nothing to complain about', async () => {
  const hub = await startHub()
  const dashboard = await openDashboard(hub)
  const { page, go, errors } = dashboard
  const { own } = await hub.call<{ own: { name: string; tools: string[] }[] }>('server_list', {
    own: true,
  })
  for (const { name, tools } of own)
    for (const tool of tools) {
      await go(`#/servers/${name}/${tool}`)
      await page.locator(`.tool[aria-label="${tool}"] form .primary`).waitFor()
    }
  await go('#/servers/orchestration')
  await page.getByRole('link', { name: 'task_submit', exact: true }).waitFor()
  await expectFit(dashboard)
  await go('#/servers/orchestration/trigger_create')
  await page.getByRole('heading', { name: 'Create a trigger' }).waitFor()
  await expectFit(dashboard)
  expect(errors).toEqual([])
})

test('a form takes choices, lists and named values, and says at the field what is wrong', async () => {
  const hub = await startHub()
  const { page, go, errors } = await openDashboard(hub)
  await go('#/servers/orchestration/trigger_create')
  const form = page.locator('.tool form')
  await form.getByLabel('Title', { exact: false }).first().fill('Nightly <b>tests</b>')
  await form.getByRole('group', { name: 'On' }).getByLabel('Form').selectOption('Schedule')
  await form.getByLabel('Cron').fill('0 6 * * *')
  await form.getByLabel('Time zone').fill('Nowhere/Atlantis')
  await form.getByLabel('Template').fill('command')
  await form.getByLabel('Command').fill('npm test')
  await form.getByText('More options').first().click()
  await form.getByRole('group', { name: 'Params' }).getByRole('button', { name: 'Add' }).click()
  await form.getByLabel('Name').last().fill('command')
  await form.getByRole('group', { name: 'Params' }).getByLabel('Value').fill('echo params')
  await form.locator('summary', { hasText: 'Requirements' }).click()
  const tags = form.getByRole('group', { name: 'Tags' })
  await tags.getByRole('button', { name: 'Add' }).click()
  await tags.getByRole('textbox').fill('arch:x64')
  await form.getByRole('button', { name: 'Run' }).click()
  await form.getByRole('alert').getByText('on/timeZone').waitFor()
  expect(await form.getByLabel('Time zone').getAttribute('aria-invalid')).toBe('true')
  await form.getByLabel('Time zone').fill('Europe/Berlin')
  await form.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('heading', { name: 'Answer' }).waitFor()
  const [made] = (await hub.call<{ items: Trigger[] }>('trigger_list')).items
  expect(made).toMatchObject({
    title: 'Nightly <b>tests</b>',
    on: { kind: 'schedule', cron: '0 6 * * *', timeZone: 'Europe/Berlin' },
    submit: { template: 'command', command: 'npm test', requirements: { tags: ['arch:x64'] } },
  })
  await page.locator('.calls li').first().getByText('owner').waitFor()
  expect(await page.locator('.tool b', { hasText: 'tests' }).count()).toBe(0)
  expect(errors).toEqual([])
})

test('arguments go from the form to JSON and back, and from the address into the form', async () => {
  const hub = await startHub()
  const { page, go, errors } = await openDashboard(hub)
  const args = encodeURIComponent(JSON.stringify({ by: 'day', limit: 7 }))
  await go(`#/servers/models/usage_read?args=${args}`)
  const form = page.locator('.tool form')
  expect(await form.getByLabel('Limit').inputValue()).toBe('7')
  await form.getByRole('button', { name: 'Write JSON' }).click()
  const json = form.getByLabel('Arguments as JSON')
  expect(JSON.parse(await json.inputValue())).toEqual({ by: 'day', limit: 7 })
  await json.fill('{"by": ')
  await form.getByRole('button', { name: 'Run' }).click()
  await form.getByRole('alert').getByText('this is not JSON').waitFor()
  await json.fill('{"by": "day", "limit": 3}')
  await form.getByRole('button', { name: 'Fill in a form' }).click()
  expect(await form.getByLabel('Limit').inputValue()).toBe('3')
  await form.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('heading', { name: 'Answer' }).waitFor()
  expect(errors).toEqual([])
})

test('what cannot be undone is asked twice, and a refusal of another server is shown as one', async () => {
  const hub = await startHub()
  write(hub, { far: stdio('v2') })
  await ready(hub, 'far')
  const { page, go, errors } = await openDashboard(hub)
  const { id } = await hub.call<{ id: string }>('token_create', { name: 'gone', role: 'viewer' })
  await go('#/servers/hub/token_revoke')
  const form = page.locator('.tool form')
  await form.getByLabel('Id').fill(id)
  await form.getByRole('button', { name: 'Run' }).click()
  await form.getByRole('button', { name: 'Yes, I am sure' }).click()
  await page.getByRole('heading', { name: 'Answer' }).waitFor()
  const { items } = await hub.call<{ items: AuditItem[] }>('audit_list', { tool: 'token_revoke' })
  expect(items.map(({ outcome }) => outcome)).toEqual(['ok'])
  await go('#/servers/far/far_fail')
  await page.locator('.tool[aria-label=far_fail] form').getByRole('button', { name: 'Run' }).click()
  await page.getByText('on purpose', { exact: true }).waitFor()
  expect(errors).toEqual([])
})

test('a tool that changed is quarantined, read and accepted', async () => {
  const hub = await startHub()
  write(hub, { far: stdio('v2') })
  await ready(hub, 'far')
  write(hub, { far: stdio('v2', { FIXTURE_DROP: 'yes' }) })
  await until(async () => (await state(hub, 'far'))?.quarantined.includes('drop') === true)
  const dashboard = await openDashboard(hub)
  const { page, go, errors } = dashboard
  await go('#/servers')
  await page.getByText('1 to accept').click()
  await page.locator('.quarantine .difference').getByText('Drops a table').waitFor()
  await expectFit(dashboard)
  await page.getByRole('button', { name: 'Accept drop' }).click()
  await page.getByRole('link', { name: 'far_drop' }).waitFor()
  expect((await state(hub, 'far'))?.quarantined).toEqual([])
  expect(errors).toEqual([])
})

test('a tool is rejected for good, accepted after all, and its server restarted', async () => {
  const hub = await startHub()
  write(hub, { far: stdio('v2') })
  await ready(hub, 'far')
  write(hub, { far: stdio('v2', { FIXTURE_DROP: 'yes' }) })
  await until(async () => (await state(hub, 'far'))?.quarantined.includes('drop') === true)
  const dashboard = await openDashboard(hub)
  const { page, go, errors } = dashboard
  await go('#/servers/far')
  await page.getByRole('button', { name: 'Reject drop' }).click()
  await page.getByText('1 rejected, and not called').click()
  await expectFit(dashboard)
  expect(await state(hub, 'far')).toMatchObject({ quarantined: [], rejected: ['drop'] })
  await page.getByRole('button', { name: 'Restart' }).click()
  await page.getByRole('button', { name: 'Restart', disabled: false }).waitFor()
  expect((await state(hub, 'far'))?.rejected).toEqual(['drop'])
  await page.getByRole('button', { name: 'Accept drop' }).click()
  await page.getByRole('link', { name: 'far_drop' }).waitFor()
  expect(await state(hub, 'far')).toMatchObject({ quarantined: [], rejected: [] })
  expect(errors).toEqual([])
})
