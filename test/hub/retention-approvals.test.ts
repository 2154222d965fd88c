import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Approval } from '../../schemas/approval.ts'
import type { AuditItem } from '../../schemas/audit.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'
import { round } from '../helpers/retention.ts'

test('answered questions and grants that are over are removed, and what is open or stands is kept', async () => {
  const data = makeFolder()
  mkdirSync(data, { recursive: true })
  const rules = [{ tool: 'template_list', effect: 'read', kind: 'user' }]
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ approvals: rules }))
  const hub = await startHub({ data })
  const dora = await hub.as('dora', 'developer')
  const approvals = async () => {
    const listed = await Promise.all(
      ['pending', 'approved', 'denied'].map((state) =>
        hub.call<{ items: Approval[] }>('approval_list', { state }),
      ),
    )
    return listed.flatMap(({ items }) => items.map(({ state }) => state))
  }
  const ask = async (answer?: Record<string, unknown>) => {
    const called = dora.call('template_list').catch(() => undefined)
    const pending = async () =>
      (await hub.call<{ items: Approval[] }>('approval_list', { state: 'pending' })).items
    await until(async () => (await pending()).length === 1)
    if (!answer) return called
    await hub.call('approval_decide', { approval: (await pending())[0]?.id, ...answer })
    return called
  }
  await ask({ decision: 'deny', reason: 'no' })
  await ask({ decision: 'approve', scope: 'rule' })
  await dora.call('template_list')
  expect(await round(hub, 400)).toMatchObject({ approvals: 1 })
  expect(await approvals()).toEqual(['approved'])
  const { items } = await hub.call<{ items: { id: string }[] }>('grant_list')
  await hub.call('approval_revoke', { grant: items[0]?.id })
  expect(await round(hub, 30)).toMatchObject({ approvals: 0 })
  void ask()
  await until(async () => (await approvals()).includes('pending'))
  expect(await round(hub, 400)).toMatchObject({ approvals: 2 })
  expect(await round(hub, 400)).toMatchObject({ approvals: 0 })
  expect(await approvals()).toEqual(['pending'])
  const { items: removed } = await hub.call<{ items: AuditItem[] }>('audit_list')
  const tools = removed.map(({ tool }) => tool)
  expect(tools).toContain('approval_remove')
  expect(tools).toContain('grant_remove')
})
