import { writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Artifact } from '../../schemas/artifact.ts'
import type { Task } from '../../schemas/task.ts'
import { failure, startHub } from '../helpers/hub.ts'

test('health and readiness need no credential, metrics do', async () => {
  const hub = await startHub()
  expect(await (await fetch(`${hub.url}/health`)).json()).toMatchObject({ status: 'ok' })
  expect(await (await fetch(`${hub.url}/ready`)).json()).toEqual({ ready: true, disk: 'ok' })
  expect((await fetch(`${hub.url}/metrics`)).status).toBe(401)
})

test('metrics count calls by tool and outcome', async () => {
  const hub = await startHub()
  await hub.call('task_submit', { template: 'command', command: 'true' })
  await failure(hub.call('task_read', { task: 'task-none' }))
  const response = await fetch(`${hub.url}/metrics`, {
    headers: { authorization: `Bearer ${hub.token}` },
  })
  const text = await response.text()
  expect(text).toMatch(
    /switchyard_tool_duration\w*_count\{[^}]*tool="task_submit"[^}]*outcome="ok"[^}]*\} 1/,
  )
  expect(text).toMatch(/tool="task_read"[^}]*outcome="not_found"/)
  expect(text).toMatch(/switchyard_tasks_live\{[^}]*state="queued"[^}]*\} 1/)
})

test('events stream from a cursor, and a reader that comes back misses nothing', async () => {
  const hub = await startHub()
  const headers = { authorization: `Bearer ${hub.token}` }
  const read = async (after: number, until: RegExp): Promise<string> => {
    const response = await fetch(`${hub.url}/events?after=${after}`, { headers })
    const reader = response.body!.getReader()
    let text = ''
    while (!until.test(text)) text += Buffer.from((await reader.read()).value ?? []).toString()
    await reader.cancel()
    return text
  }
  const first = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const seen = await read(0, /task\.queued/)
  const last = Number([...seen.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1])
  const second = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const rest = await read(last, /task\.queued/)
  expect(rest).toContain(second.id)
  expect(rest).not.toContain(first.id)
})

test('an artifact is kept under its content and downloaded as a file', async () => {
  const hub = await startHub()
  const { id: task } = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one' })
  const bytes = Buffer.from([0, 255, 1, 254])
  const args = {
    task,
    fence: lease.fence,
    name: 'core dump.bin',
    encoding: 'base64',
    data: bytes.toString('base64'),
  }
  const kept = await hub.call<Artifact>('artifact_create', args)
  expect(await hub.call('artifact_create', args)).toMatchObject({ id: kept.id })
  expect(await failure(hub.call('artifact_create', { ...args, data: 'AAAA' }))).toMatchObject({
    code: 'conflict',
  })
  const response = await fetch(`${hub.url}/artifacts/${kept.id}`, {
    headers: { authorization: `Bearer ${hub.token}` },
  })
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
  expect(response.headers.get('content-disposition')).toContain('core_dump.bin')
  expect(await hub.call('artifact_read', { artifact: kept.id })).toMatchObject({
    encoding: 'base64',
  })
})

test('a broken switchyard.json leaves the old one in force; a good one is taken without a restart', async () => {
  const hub = await startHub({ logLevel: 'silent' })
  const patient = { timeout: 10_000 }
  const write = (text: string) => writeFileSync(`${hub.hub.dataDir}/switchyard.json`, text)
  const tags = () => hub.hub.config().file.tags
  write('{ "tags": ["rack-1"] }')
  await expect.poll(tags, patient).toEqual(['rack-1'])
  const complaints = vi.spyOn(hub.hub.log, 'error')
  write('{ "tags": ["rack-2"], "tagz": 1 }')
  await expect.poll(() => complaints.mock.calls.length, patient).toBe(1)
  expect(tags()).toEqual(['rack-1'])
  write('{ "tags": ["rack-3"] }')
  await expect.poll(tags, patient).toEqual(['rack-3'])
})
