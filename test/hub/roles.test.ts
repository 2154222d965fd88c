import { expect, test } from 'vitest'
import { failure, startHub } from '../helpers/hub.ts'

test('a viewer neither sees nor may call what changes things, and the refusal is on record', async () => {
  const hub = await startHub()
  const viewer = await hub.as('vera', 'viewer')
  const shown = (await viewer.listTools<{ name: string }>()).map((tool) => tool.name)
  expect(shown).toContain('task_list')
  expect(shown).not.toContain('task_submit')
  expect(
    await failure(viewer.call('task_submit', { template: 'command', command: 'true' })),
  ).toMatchObject({ code: 'denied' })
  expect(await failure(viewer.call('task_reap'))).toMatchObject({ code: 'denied' })
  expect(await failure(viewer.call('token_create', { name: 'me', role: 'owner' }))).toMatchObject({
    code: 'denied',
  })
  const { items } = await hub.call<{ items: { tool: string; outcome: string }[] }>('audit_list', {
    principal: 'vera',
  })
  expect(items.filter((row) => row.outcome === 'denied').map((row) => row.tool)).toEqual([
    'token_create',
    'task_reap',
    'task_submit',
  ])
})

test('a revoked credential stops working at once', async () => {
  const hub = await startHub()
  const made = await hub.call<{ id: string; token: string }>('token_create', {
    name: 'bob',
    role: 'viewer',
  })
  const bob = hub.client.withToken(made.token)
  await bob.call('whoami')
  await hub.call('token_revoke', { id: made.id })
  expect(await failure(bob.call('whoami'))).toMatchObject({ code: 'unauthenticated' })
})
