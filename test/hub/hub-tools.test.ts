import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AuditItem } from '../../schemas/audit.ts'
import { failure, startHub, until } from '../helpers/hub.ts'

type Page = { items: AuditItem[]; next?: string }
type Own = { own?: { name: string; tools: string[] }[] }

test('the audit trail is narrowed to one tool, one outcome, and one caller at a time', async () => {
  const hub = await startHub()
  const maker = await hub.as('maker', 'developer')
  await maker.call('task_submit', { template: 'command', command: 'true' })
  await failure(maker.call('token_create', { name: 'x', role: 'viewer' }))
  await failure(hub.call('token_revoke', { id: 'token-none' }))
  const list = (args: object) => hub.call<Page>('audit_list', { ...args })
  const toolsOf = async (args: object) => (await list(args)).items.map(({ tool }) => tool)
  expect(await toolsOf({ tool: 'task_submit' })).toEqual(['task_submit'])
  expect(await toolsOf({ outcome: 'denied' })).toEqual(['token_create'])
  expect(await toolsOf({ outcome: 'failed', principal: 'owner' })).toEqual(['token_revoke'])
  expect(await toolsOf({ tool: 'token_create', principal: 'maker' })).toEqual(['token_create'])
  const [row] = (await list({ tool: 'task_submit' })).items
  expect(await list({ seq: row?.seq })).toEqual({ items: [row] })
  expect(await list({ seq: 1_000_000 })).toEqual({ items: [] })
  const isBusy = { task: 'task-x', fence: 1 }
  await failure(hub.call('task_heartbeat', isBusy))
  expect(await toolsOf({ outcome: 'failed' })).toContain('task_heartbeat')
  expect(await toolsOf({ outcome: 'failed', routine: false })).toEqual(['token_revoke'])
  expect(await list({ tool: 'no_such_tool' })).toEqual({ items: [] })
  expect(await failure(list({ outcome: 'maybe' }))).toMatchObject({ code: 'invalid' })
})

test('each server of the hub is listed with the tools that the caller may use', async () => {
  const hub = await startHub()
  expect(await hub.call<Own>('server_list')).toEqual({ items: [] })
  const { own = [] } = await hub.call<Own>('server_list', { own: true })
  expect(own.map(({ name }) => name)).toContain('orchestration')
  const all = await hub.client.listTools<{ name: string }>()
  expect(own.flatMap(({ tools }) => tools).sort()).toEqual(all.map(({ name }) => name).sort())
  const viewer = await hub.as('viewer', 'viewer')
  const seen = await viewer.call<Own>('server_list', { own: true })
  expect(seen.own?.flatMap(({ tools }) => tools)).not.toContain('token_create')
})

test('an owner reads what the hub is; nobody else learns where its data lies', async () => {
  const hub = await startHub({ maxPods: 3 })
  const read = await hub.call<Record<string, unknown>>('hub_read')
  expect(read).toMatchObject({
    url: hub.url,
    dataDir: hub.hub.dataDir,
    settings: { maxPods: 3, dispatch: 'off' },
    disk: { isLow: false },
  })
  expect(read.storeMb).toBeGreaterThan(0)
  const developer = await hub.as('maker', 'developer')
  expect(await failure(developer.call('hub_read'))).toMatchObject({ code: 'denied' })
})

test('an owner reads what is wrong in switchyard.json, until it is mended', async () => {
  const hub = await startHub({ logLevel: 'silent' })
  const file = join(hub.hub.dataDir, 'switchyard.json')
  const problem = async () => (await hub.call<{ configProblem?: string }>('hub_read')).configProblem
  expect(await problem()).toBeUndefined()
  for (const [text, said] of [
    [
      '{\n  "models": { "key": "sk-secret" }\n  "orgs": {} }',
      /switchyard\.json is not JSON: look at line 3$/,
    ],
    ['{ "approvalHours": "many" }', /approvalHours/],
  ] as const) {
    writeFileSync(file, text)
    await until(async () => said.test((await problem()) ?? ''))
  }
  writeFileSync(file, '{}')
  await until(async () => (await problem()) === undefined)
})
