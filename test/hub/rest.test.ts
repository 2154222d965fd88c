import { expect, test } from 'vitest'
import { routes } from '../../hub/http/rest.ts'
import type { Task } from '../../schemas/task.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub } from '../helpers/hub.ts'

type Schema = { properties?: Record<string, unknown> }
type Document = {
  openapi: string
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string
        parameters: { name: string; in: string }[]
        responses: Record<string, unknown>
      }
    >
  >
}

async function rest<T>(
  hub: TestHub,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: T }> {
  const response = await fetch(`${hub.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${hub.token}`,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return { status: response.status, body: (await response.json()) as T } // Each test says what it expects.
}

test('every route names a tool, fills arguments that it has, and stands in the served contract', async () => {
  const hub = await startHub()
  const { body } = await rest<Document>(hub, 'GET', '/openapi.json')
  expect(body.openapi).toBe('3.1.1')
  const ids = new Set<string>()
  for (const { method, path, tool } of routes) {
    const schema = hub.hub.registry.require(tool).inputSchema() as Schema
    const fields = [...path.matchAll(/:(\w+)/g)].map(([, field]) => field!)
    for (const field of fields) expect(schema.properties, `${method} ${path}`).toHaveProperty(field)
    const operation = body.paths[path.replace(/:(\w+)/g, '{$1}')]![method.toLowerCase()]!
    expect(
      operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
    ).toEqual(fields)
    ids.add(operation.operationId)
  }
  expect(ids.size).toBe(routes.length)
})

test('a job is submitted, followed and canceled; a second cancel of a final job is a conflict', async () => {
  const hub = await startHub()
  const job = { template: 'command', command: 'true' }
  const made = await rest<Task>(hub, 'POST', '/v1/jobs', job, { 'idempotency-key': 'k1' })
  expect(made).toMatchObject({ status: 202, body: { state: 'queued' } })
  expect(
    (await rest<Task>(hub, 'POST', '/schedule', job, { 'idempotency-key': 'k1' })).body.id,
  ).toBe(made.body.id)
  const { id } = made.body
  expect(await rest(hub, 'GET', `/v1/jobs/${id}`)).toMatchObject({
    status: 200,
    body: { task: { id } },
  })
  expect(await rest(hub, 'GET', '/tasks?state=queued&limit=1')).toMatchObject({
    status: 200,
    body: { items: [{ id }] },
  })
  const { lease } = (
    await rest<{ lease: { fence: number } }>(hub, 'POST', '/tasks/claim', { agent: 'worker-one' })
  ).body
  await rest(hub, 'POST', '/tasks/log', {
    task: id,
    fence: lease.fence,
    position: 0,
    chunks: [{ stream: 'out', at: 1, data: 'hello' }],
  })
  expect(await rest(hub, 'GET', `/tasks/${id}/log?after=0`)).toMatchObject({
    body: { items: [{ data: 'hello' }] },
  })
  await rest(hub, 'POST', '/tasks/update', {
    task: id,
    fence: lease.fence,
    outcome: 'succeeded',
    result: { summary: 'done' },
  })
  expect(await rest(hub, 'POST', `/v1/jobs/${id}/cancel`)).toMatchObject({
    status: 409,
    body: { error: { code: 'conflict' } },
  })
})

test('bad input has the status and form that the contract says', async () => {
  const hub = await startHub()
  expect(await rest(hub, 'GET', '/tasks/task-none')).toMatchObject({
    status: 404,
    body: { error: { code: 'not_found' } },
  })
  expect(await rest(hub, 'POST', '/tasks', { template: 'ci', repo: 7 })).toMatchObject({
    status: 400,
    body: { error: { code: 'invalid' } },
  })
  expect(await rest(hub, 'GET', '/tasks?limit=many')).toMatchObject({
    status: 400,
    body: { error: { message: 'task_list: limit: expected a number, not "many"' } },
  })
  expect(await rest(hub, 'GET', '/nothing/here')).toMatchObject({ status: 404 })
  for (const path of ['/tasks', '/changes/change-1/merge'])
    expect(await rest(hub, 'DELETE', path)).toMatchObject({
      status: 405,
      body: { error: { code: 'unsupported', message: `${path} does not take DELETE` } },
    })
  const broken = await fetch(`${hub.url}/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${hub.token}` },
    body: '{',
  })
  expect(broken.status).toBe(400)
  expect((await fetch(`${hub.url}/tasks`)).status).toBe(401)
  const viewer = await hub.call<{ token: string }>('token_create', { name: 'vera', role: 'viewer' })
  const denied = await rest(
    hub,
    'POST',
    '/tasks',
    { template: 'command', command: 'true' },
    { authorization: `Bearer ${viewer.token}` },
  )
  expect(denied).toMatchObject({ status: 403, body: { error: { code: 'denied' } } })
})

test('a body over the limit is refused on every route', async () => {
  const hub = await startHub()
  const huge = { template: 'command', command: 'x'.repeat(9 * 1024 * 1024) }
  expect(await rest(hub, 'POST', '/tasks', huge)).toMatchObject({ status: 429 })
  const endless = new ReadableStream({ pull: (stream) => stream.enqueue(Buffer.alloc(65_536)) })
  const options = { method: 'POST', body: endless, duplex: 'half' }
  const headers = { authorization: `Bearer ${hub.token}` }
  const refused = await fetch(`${hub.url}/tasks`, { ...options, headers }) // Node's fetch wants duplex.
  expect(refused.status).toBe(400)
})
