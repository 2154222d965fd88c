import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Artifact } from '../../schemas/artifact.ts'
import type { Task } from '../../schemas/task.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'
import { makeRepo, writeFiles } from '../helpers/repo.ts'

type Searched = { items: { path: string; text: string }[] }

test(
  'an agent begins with context; its merged change ticks the spec, fills the note, and is known to the next',
  { timeout: 60_000 },
  async () => {
    const repo = await makeRepo({
      'package.json': '{ "name": "sum", "type": "module", "scripts": { "test": "node --test" } }\n',
      'CHANGELOG.md': '# Changes\n',
      'src/sum.js': '/** Adds two numbers. */\nexport function sum(a, b) {\n  return a - b\n}\n',
      'test/sum.test.js':
        "import assert from 'node:assert'\nimport { test } from 'node:test'\nimport { sum } from '../src/sum.js'\ntest('adds', () => assert.equal(sum(2, 3), 5))\n",
      'specs/001-sum/tasks.md':
        '## Phase 1: Core\n\n- [x] T001 Set up\n- [ ] T002 [US1] Make sum add\n',
    })
    const vault = makeFolder('vault')
    writeFiles(vault, { 'Log.md': '# Log\n\n## Agents\n\n## Later\n' })
    const data = makeFolder('hub')
    writeFileSync(
      join(data, 'switchyard.json'),
      JSON.stringify({ vaults: { notes: { path: vault, write: ['/'] } } }),
    )
    const hub = await startHub({ data, dispatch: 'local' })
    const params = {
      spec: { feature: '001-sum', tasks: ['T002'] },
      note: { path: 'Log', heading: 'Agents' },
    }
    const { id } = await hub.call<Task>('task_submit', {
      template: 'code',
      repo,
      goal: 'Make sum add two numbers',
      model: 'scripted',
      params,
    })
    const read = async () => (await hub.call<{ task: Task }>('task_read', { task: id })).task
    await until(async () => (await read()).state === 'in_review')
    const log = await hub.call<{ items: { data: string }[] }>('task_log', { task: id })
    expect(log.items.map((item) => item.data).join('')).toMatch(
      /context: [1-9]\d* pieces, \d+ tokens/,
    )
    const kept = await hub.call<{ items: Artifact[] }>('artifact_list', { task: id })
    const pack = await hub.call<{ data: string }>('artifact_read', {
      artifact: kept.items.find(({ name }) => name === 'context.json')?.id,
      max_bytes: 100_000,
    })
    expect(JSON.parse(pack.data)).toMatchObject({
      query: 'Make sum add two numbers',
      text: expect.stringContaining('src/sum.js') as string,
      items: expect.arrayContaining([
        expect.objectContaining({ path: 'src/sum.js', form: 'text', line: 1 }),
      ]) as unknown[],
    })
    expect(readFileSync(join(repo, 'specs/001-sum/tasks.md'), 'utf8')).toContain('- [ ] T002')

    const change = (await read()).result?.change ?? ''
    await hub.call('change_review', {
      change,
      verdict: 'accept',
      body: 'The subtraction was the zebra in the room.',
    })
    const { change: open } = await hub.call<{ change: { head: string } }>('change_read', { change })
    await hub.call('change_merge', { change, expect_head: open.head, update_checkout: true })
    await until(() =>
      readFileSync(join(repo, 'specs/001-sum/tasks.md'), 'utf8').includes(
        '- [x] T002 [US1] Make sum add',
      ),
    )
    await until(() => readFileSync(join(vault, 'Log.md'), 'utf8').includes(id))
    expect(readFileSync(join(vault, 'Log.md'), 'utf8')).toMatch(
      /## Agents\n- Make sum add two numbers: Scripted repair: .* \(`task-[a-z0-9-]+`\)\n\n## Later\n$/,
    )
    const find = async (query: string, kind: string) =>
      (await hub.call<Searched>('context_search', { query, kinds: [kind] })).items[0]
    await until(async () => (await find('zebra in the room', 'decision')) !== undefined)
    await until(async () => (await find('sum add two numbers', 'log'))?.path === `${id}.md`)
    expect(await find('sum add two numbers', 'change')).toMatchObject({
      path: `${change}.md`,
      text: expect.stringContaining('Scripted repair') as string,
    })
    await until(
      async () => (await find('adds two numbers', 'repo'))?.text.includes('a + b') === true,
    )
  },
)
