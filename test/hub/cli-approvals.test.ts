import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Approval } from '../../schemas/approval.ts'
import type { Task } from '../../schemas/task.ts'
import { sy } from '../helpers/command-line.ts'
import { makeFolder } from '../helpers/folder.ts'
import { failure, startHub, until } from '../helpers/hub.ts'

const work = { template: 'command', params: { command: 'true' } }

test('questions are listed and answered from the command line', async () => {
  const data = makeFolder('approvals')
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({ approvals: [{ tool: 'task_submit' }] }),
  )
  const hub = await startHub({ data })
  const dora = await hub.as('dora', 'developer')
  const run = (...args: string[]) => sy([...args, '--data', data])
  const asked = async () => {
    const listed = () => hub.call<{ items: Approval[] }>('approval_list')
    await until(async () => (await listed()).items.length === 1)
    return (await listed()).items[0]!.id
  }
  expect((await run('approvals')).out).toContain('Nothing waits')

  const refused = failure(dora.call('task_submit', work))
  const first = await asked()
  expect((await run('approvals')).out).toContain(`${first}  pending  May dora call task_submit?`)
  expect((await run('approvals', first)).out).toContain('"command": "true"')
  expect((await run('approvals', first, '--link')).out).toMatch(/\/approve\/[\w-]{43}\n$/)
  const silent = await run('deny', first)
  expect([silent.code, silent.err]).toEqual([2, expect.stringContaining('needs a reason')])
  expect((await run('deny', first, '--reason', 'too many')).code).toBe(0)
  expect(await refused).toMatchObject({
    code: 'denied',
    message: 'owner did not approve task_submit: too many',
  })
  const late = await run('approve', first)
  expect([late.code, late.err]).toEqual([5, expect.stringContaining('owner denied it already')])

  const made = dora.call<Task>('task_submit', work)
  expect((await run('approve', await asked(), '--scope', 'rule')).out).toContain('(rule)')
  await made
  await dora.call('task_submit', { ...work, title: 'not asked about' })
  expect((await run('approvals', '--grants')).out).toContain('task_submit by dora')
  expect((await run('approve')).code).toBe(2)
})
