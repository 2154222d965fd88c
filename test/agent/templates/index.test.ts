import type { ContextSource } from '../../../schemas/context.ts'
import { expect, test } from 'vitest'
import { failure, startHub } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'
import { runTask } from '../../helpers/run-task.ts'

test("index reads the task's repository again, as the agent of that task", async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo({ 'README.md': '# One\n' })
  const first = await runTask(hub, { template: 'index', repo })
  expect(first).toMatchObject({
    state: 'succeeded',
    result: { metrics: { documents: 1 } },
  })
  writeFiles(repo, { 'docs/two.md': '# Two\n' })
  await commitAll(repo, 'two')
  const second = await runTask(hub, { template: 'index', repo })
  expect(second.result?.metrics).toMatchObject({ documents: 2, added: 1 })
  const found = await hub.call<{ items: unknown[] }>('context_search', { query: 'two' })
  expect(found.items.length).toBeGreaterThan(0)
})

test('context_refresh hands in nothing, and is for those who work', async () => {
  const hub = await startHub()
  const repo = await makeRepo({ 'README.md': '# One\n' })
  const { source } = await hub.call<{ source: ContextSource }>('context_ingest', {
    kind: 'repo',
    uri: repo,
  })
  const worker = await hub.as('will', 'worker')
  expect(await worker.call('context_refresh', { source: source.id })).toMatchObject({ done: true })
  const viewer = await hub.as('vera', 'viewer')
  expect(await failure(viewer.call('context_refresh', { source: source.id }))).toMatchObject({
    code: 'denied',
  })
  expect(await failure(worker.call('context_refresh', {}))).toMatchObject({ code: 'invalid' })
  expect(await failure(worker.call('context_refresh', { source: repo + '/x' }))).toMatchObject({
    code: 'not_found',
  })
  await hub.call('context_ingest', {
    kind: 'text',
    uri: 'notes',
    documents: [{ path: 'a', text: 'b' }],
  })
  expect(await failure(worker.call('context_refresh', { source: 'notes' }))).toMatchObject({
    code: 'unsupported',
  })
  const foreign = await hub.as('fred', 'worker', ['acme'])
  expect(await failure(foreign.call('context_refresh', { source: source.id }))).toMatchObject({
    code: 'not_found',
  })
})
