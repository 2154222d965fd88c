import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { HubClient } from '../../agent/hub-client.ts'
import { Registry } from '../../hub/calls/registry.ts'
import { describedHubServer } from '../../hub/tools/index.ts'
import { roles } from '../../schemas/scope.ts'
import type { Scope } from '../../schemas/scope.ts'
import { servers } from '../../servers/index.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub } from '../helpers/hub.ts'

const tools = new Registry([...servers, describedHubServer()]).servers.flatMap(
  (server) => server.tools,
)
/** Somebody who may do nothing but join with an invitation. */
async function guestOf(hub: TestHub): Promise<HubClient> {
  const { invitation } = await hub.call<{ invitation: string }>('peer_invite', { url: hub.url })
  return hub.client.withToken(invitation.split('#peer.')[1] ?? '')
}

const hasScope = (role: keyof typeof roles, scope: Scope) =>
  (roles[role] as readonly Scope[]).includes(scope)

test('each tool is refused to who lacks its scope, and not shown', async () => {
  const hub = await startHub()
  const guest = await guestOf(hub)
  const viewer = await hub.as('viewer', 'viewer')
  const shown = {
    guest: (await guest.listTools<{ name: string }>()).map(({ name }) => name),
    viewer: (await viewer.listTools<{ name: string }>()).map(({ name }) => name),
  }
  for (const { name, scope } of tools) {
    const [client, role] = hasScope('guest', scope)
      ? ([viewer, 'viewer'] as const)
      : ([guest, 'guest'] as const)
    expect(hasScope(role, scope), name).toBe(false)
    expect(shown[role], name).not.toContain(name)
    expect(await failure(client.call(name)), name).toMatchObject({
      code: 'denied',
      message: expect.stringContaining(name) as string,
    })
  }
})

test('each tool refuses a field that it does not know, and says which it knows', async () => {
  const hub = await startHub()
  const guest = await guestOf(hub)
  for (const { name, scope } of tools) {
    if (scope === 'system') continue // No door leads to these.
    const client = hasScope('owner', scope) ? hub.client : guest
    expect(await failure(client.call(name, { no_such_field: 1 })), name).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('no_such_field') as string,
      hint: expect.stringContaining('Fields: ') as string,
    })
  }
})

test('what is left out is said to be missing, by its name', async () => {
  const hub = await startHub()
  expect(await failure(hub.call('note_delete', {}))).toMatchObject({
    message: expect.stringContaining('path: is missing') as string,
  })
  expect(await failure(hub.call('task_submit', { template: 'command' }))).toMatchObject({
    message: 'template command: command: is missing',
  })
})

/** Tools that no test calls yet. */
const uncalled = [
  'task_message',
  'task_release',
  'branch_push',
  'change_close',
  'pod_suspend',
  'pod_resume',
]

/** What reads is called, each with success, in answers.test.ts; the hub's own steps have no door. */
test('each tool that does something is called by name in some test', () => {
  const root = join(import.meta.dirname, '..')
  const text = globSync('**/*.ts', { cwd: root })
    .filter((file) => !file.startsWith('contract/') && !file.startsWith('fixtures/'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  // As the first argument of a call, or the name in a request.
  const isCalled = (name: string) => new RegExp(`(?:\\(\\s*|name: )'${name}'`).test(text)
  const missing = tools
    .filter(({ effect, scope }) => effect !== 'read' && scope !== 'system')
    .filter(({ name }) => !isCalled(name))
  expect(missing.map(({ name }) => name).filter((name) => !uncalled.includes(name))).toEqual([])
})
