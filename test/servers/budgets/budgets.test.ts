import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { startCountingModel } from '../../helpers/counting-model.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'

const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }]

/** A data directory with this configuration. */
function configured(config: object): string {
  const data = makeFolder('hub')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(config))
  return data
}

type State = {
  from: string
  by?: string
  spent: { window: string; steps: number; tokens: number; costUsd: number; unpriced: number }[]
  lines: { scope: string; unit: string; left: number; reserved: number; resetsAt?: number }[]
}

test('each call is on record with its cost by the configured price, cached tokens at theirs', async () => {
  const model = await startCountingModel(() => ({ input: 1000, output: 100, cached: 400 }))
  const data = configured({
    prices: { 'openai/tiny': { inputUsd: 3, outputUsd: 15, cachedInputUsd: 0.3 } },
  })
  const hub = await startHub({ data }, model.environment)
  const cost = (600 * 3 + 400 * 0.3 + 100 * 15) / 1e6
  expect(await hub.call('model_generate', { prompt })).toMatchObject({ costUsd: cost })
  await hub.call('model_generate', { prompt })
  const byModel = { model: 'openai/tiny', calls: 2, inputTokens: 2000, outputTokens: 200 }
  expect(await hub.call('usage_read')).toMatchObject({
    items: [{ ...byModel, costUsd: 2 * cost, unpriced: 0 }],
  })
  const today = new Date().toISOString().slice(0, 10)
  expect(await hub.call('usage_read', { by: 'day' })).toMatchObject({
    items: [{ day: today, calls: 2, costUsd: 2 * cost }],
  })
  expect(await hub.call('usage_read', { by: 'org' })).toMatchObject({ items: [{ org: 'default' }] })
  expect(await hub.call<State>('budget_read')).toMatchObject({
    from: 'none',
    spent: [
      { window: 'day', steps: 2, tokens: 2200, costUsd: 2 * cost },
      { window: 'month', steps: 2, tokens: 2200, costUsd: 2 * cost },
    ],
    lines: [],
  })
})

test('a model without a price costs what nobody knows, and a budget of money refuses it', async () => {
  const model = await startCountingModel(() => ({ input: 10, output: 5 }))
  const hub = await startHub({}, model.environment)
  expect(await hub.call('model_generate', { prompt })).not.toHaveProperty('costUsd')
  expect(await hub.call('usage_read')).toMatchObject({ items: [{ costUsd: 0, unpriced: 1 }] })
  await hub.call('budget_set', { budget: { day: { costUsd: 1 } } })
  expect(await failure(hub.call('model_generate', { prompt }))).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/price of openai\/tiny is not known/) as string,
    hint: expect.stringMatching(/prices/) as string,
  })
  expect(await hub.call('model_generate', { prompt, model: 'scripted' })).toMatchObject({
    costUsd: 0,
  })
})

test('a spent budget refuses the next call, and says what is spent and when it begins anew', async () => {
  const clock = new ManualClock(Date.UTC(2026, 9, 24, 20)) // 22:00 in Berlin, before a day of 25 hours.
  const model = await startCountingModel(() => ({ input: 400, output: 100 }))
  const data = configured({
    orgs: { default: { timeZone: 'Europe/Berlin', budget: { day: { steps: 2 } } } },
  })
  const hub = await startHub({ data, clock }, model.environment)
  await hub.call('model_generate', { prompt })
  await hub.call('model_generate', { prompt })
  const spent = await failure(hub.call('model_generate', { prompt }))
  const resetsAt = Date.UTC(2026, 9, 24, 22)
  expect(spent).toMatchObject({
    code: 'exhausted',
    message: expect.stringMatching(/org default.*2 of 2 steps/) as string,
    hint: expect.stringMatching(/2026-10-24T22:00/) as string,
    details: { scope: 'org', limit: 2, spent: 2, resetsAt },
  })
  expect(model.requests).toHaveLength(2)
  expect(await hub.call<State>('budget_read')).toMatchObject({
    from: 'configured',
    lines: [{ unit: 'steps', left: 0, resetsAt }],
  })
  await clock.advance(2 * 3_600_000)
  await hub.call('model_generate', { prompt })
  expect(await hub.call<State>('budget_read')).toMatchObject({
    spent: [
      { window: 'day', steps: 1 },
      { window: 'month', steps: 3 },
    ],
    lines: [{ left: 1, resetsAt: Date.UTC(2026, 9, 25, 23) }],
  })
})

test('200 calls at once never overshoot a budget of tokens or money, and use all the room there is', async () => {
  const inFlight = { now: 0, most: 0 }
  const model = await startCountingModel(async ({ max_tokens: most = 0 }) => {
    inFlight.most = Math.max(inFlight.most, ++inFlight.now)
    await new Promise((resolve) => setTimeout(resolve, 25)) // A model takes its time.
    inFlight.now--
    return { input: 30, output: Math.min(most, 300) }
  })
  const data = configured({ prices: { 'openai/tiny': { inputUsd: 1, outputUsd: 10 } } })
  const hub = await startHub({ data, rateLimit: 0 }, model.environment)
  await hub.call('budget_set', { budget: { day: { tokens: 20_000 }, month: { costUsd: 0.15 } } })
  const calls = Array.from({ length: 200 }, () =>
    hub.call('model_generate', { prompt, max_tokens: 1000 }).then(
      () => 'ok',
      (error: { code: string }) => error.code,
    ),
  )
  const outcomes = await Promise.all(calls)
  const made = outcomes.filter((outcome) => outcome === 'ok').length
  const { spent, lines } = await hub.call<State>('budget_read')
  expect(outcomes.filter((outcome) => outcome !== 'ok' && outcome !== 'exhausted')).toEqual([])
  expect(model.requests).toHaveLength(made)
  expect(inFlight.most).toBeGreaterThan(1)
  expect(spent[0]!.tokens).toBeLessThanOrEqual(20_000)
  expect(spent[1]!.costUsd).toBeLessThanOrEqual(0.15)
  // What is left is less than a call with the shortest answer could come to.
  expect(spent[1]!.costUsd).toBeGreaterThan(0.15 - 0.004)
  expect(lines.map(({ reserved }) => reserved)).toEqual([0, 0])
})

test('a failed call costs nothing and holds nothing back', async () => {
  const model = await startCountingModel(() => ({ input: 0, output: 0, status: 400 }))
  const hub = await startHub({}, model.environment)
  await hub.call('budget_set', { budget: { day: { tokens: 10_000 } } })
  expect(await failure(hub.call('model_generate', { prompt }))).toMatchObject({
    code: 'unavailable',
  })
  expect(await hub.call<State>('budget_read')).toMatchObject({
    spent: [{ steps: 0, tokens: 0 }, {}],
    lines: [{ left: 10_000, reserved: 0 }],
  })
})

test('who may set which budget, and that null goes back to the configured one', async () => {
  const data = configured({ orgs: { default: { budget: { month: { steps: 9 } } } } })
  const hub = await startHub({ data })
  const dora = await hub.as('dora', 'developer')
  expect(await failure(dora.call('budget_set', { budget: {} }))).toMatchObject({ code: 'denied' })
  const task = await hub.call<{ id: string }>('task_submit', {
    template: 'command',
    command: 'true',
    budget: { steps: 3 },
  })
  expect(await dora.call('budget_read', { task: task.id })).toMatchObject({
    from: 'submitted',
    by: 'owner',
    limits: { steps: 3 },
    lines: [
      { scope: 'task', left: 3 },
      { scope: 'org', window: 'month', left: 9 },
    ],
  })
  const raised = { task: task.id, budget: { steps: 5, timeMs: 60_000 } }
  expect(await dora.call('budget_set', raised)).toMatchObject({ from: 'set', by: 'dora' })
  expect(await hub.call('budget_set', { budget: {} })).toMatchObject({ from: 'set', lines: [] })
  expect(await hub.call('budget_set', { budget: null })).toMatchObject({ from: 'configured' })
  expect(
    await failure(hub.call('budget_set', { task: task.id, budget: { day: { steps: 1 } } })),
  ).toMatchObject({ code: 'invalid', hint: expect.stringMatching(/For a task/) as string })
  const stranger = await hub.as('otto', 'developer', ['other'])
  expect(await failure(stranger.call('budget_read', { task: task.id }))).toMatchObject({
    code: 'not_found',
  })
  expect(await failure(stranger.call('budget_set', raised))).toMatchObject({ code: 'not_found' })
  expect(await failure(hub.call('budget_read', { plan: 'plan-none' }))).toMatchObject({
    code: 'not_found',
  })
})
