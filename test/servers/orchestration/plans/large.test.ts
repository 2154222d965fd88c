import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { Plan, Step } from '../../../../schemas/plan.ts'
import { makeFolder } from '../../../helpers/folder.ts'
import { failure, startHub } from '../../../helpers/hub.ts'
import { ProcessHub } from '../../../helpers/process-hub.ts'

/** Rows of ten steps that each need the row before, behind one barrier; no deeper than may be. */
function rows(count: number): object[] {
  const steps: object[] = []
  let before: string[] = []
  for (let row = 0; row < count; row++) {
    if (row % 90 === 0) before = []
    const names = Array.from({ length: 10 }, (_, at) => `s${row}-${at}`)
    for (const name of names)
      steps.push({ name, needs: before, template: 'command', command: 'true' })
    before = [`after-${row}`]
    steps.push({ name: before[0], needs: names, gate: { kind: 'barrier' } })
  }
  return steps
}

type Read = { plan: Plan; items: Step[] }

test('a large plan is stored while others work, and nobody sees a part of it', async () => {
  const hub = await startHub()
  const request = { steps: rows(90), idempotency_key: 'large' }
  const ended: string[] = []
  const making = hub.call<Plan>('plan_create', request).finally(() => ended.push('it'))
  const seen = new Set<string>()
  while (ended.length === 0) {
    const { items } = await hub.call<{ items: Plan[] }>('plan_list')
    for (const { id, state, counts } of items) {
      const { items: steps, plan } = await hub.call<Read>('plan_read', { plan: id })
      if (plan.state === 'drafting') expect(steps).toEqual([])
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
      seen.add(`${state === 'drafting' ? 'drafting' : 'made'} ${total}`)
    }
  }
  const { id, counts } = await making
  expect(counts).toMatchObject({ waiting: 980, ready: 10 })
  for (const one of seen) expect(['drafting 0', 'made 990']).toContain(one)
  expect((await hub.call<Plan>('plan_create', request)).id).toBe(id)
  const other = { ...request, steps: rows(80) }
  expect(await failure(hub.call('plan_create', other))).toMatchObject({ code: 'conflict' })
  expect(await hub.call('audit_verify')).toMatchObject({ intact: true })
})

test('a hub that is killed while it stores a plan leaves nothing of it, and takes it when it is sent again', async () => {
  const data = makeFolder()
  const args = ['--dispatch', 'off', '--log-level', 'silent']
  const hub = new ProcessHub(data, args)
  onTestFinished(() => hub.kill())
  await hub.start()
  const client = hub.client(0)
  const request = { steps: rows(400), idempotency_key: 'large' }
  const ended: unknown[] = []
  const made = client.call('plan_create', request).then(
    () => ended.push('made'),
    (error: unknown) => ended.push(error),
  )
  const store = new Database(join(data, 'switchyard.db'), { readonly: true })
  const stored = store.prepare('SELECT count(*) AS count FROM plan_steps')
  const count = () => (stored.get() as { count: number }).count // As it is asked for.
  while (count() === 0 && ended.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  await hub.kill()
  await made
  expect(ended).toMatchObject([{ code: 'unavailable' }])
  expect(count()).toBeLessThan(4400)
  await hub.start()
  expect(count()).toBe(0)
  expect(store.prepare('SELECT count(*) AS count FROM plan_edges').get()).toEqual({ count: 0 })
  store.close()
  const again = hub.client()
  expect(await again.call('plan_list')).toMatchObject({ items: [] })
  const { counts } = await again.call<Plan>('plan_create', request)
  expect(counts).toMatchObject({ waiting: 4350, ready: 50 })
})
