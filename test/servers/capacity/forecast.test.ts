import { expect, test } from 'vitest'
import type { Sample } from '../../../servers/capacity/forecast/queue.ts'
import { backTestQueue, drainMs, mostAtOnce } from '../../../servers/capacity/forecast/queue.ts'
import { backTestSpending, budgetEnd, rateOf } from '../../../servers/capacity/forecast/spending.ts'
import { normal, seededRandom } from '../../../servers/capacity/forecast/statistics.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { finish, succeeded } from '../../helpers/triggers.ts'

const minuteMs = 60_000

/** Times of two kinds of tasks: short ones that vary little, long ones that vary much. */
const serviceMs = (template: string, random: () => number) =>
  template === 'ci' ? minuteMs * (2 + random()) : minuteMs * 10 * Math.exp(0.6 * normal(random))

const templateOf = (random: () => number) => (random() < 0.7 ? 'ci' : 'code')

/** Tasks that come at random and are served in turn by some slots. */
function served(count: number, slots: number, everyMs: number, random: () => number): Sample[] {
  const free = Array.from({ length: slots }, () => 0)
  let submittedAt = 0
  return Array.from({ length: count }, () => {
    submittedAt += -Math.log(1 - random()) * everyMs
    const template = templateOf(random)
    const slot = free.indexOf(Math.min(...free))
    const startedAt = Math.max(submittedAt, free[slot] ?? 0)
    const endedAt = startedAt + serviceMs(template, random)
    free[slot] = endedAt
    return { template, submittedAt, startedAt, endedAt }
  })
}

test.each([
  [40, 10, 3],
  [100, 60, 4],
  [200, 1000, 8],
])(
  'after %i attempts the range for a queue of %i in %i slots holds what comes in eight of ten worlds',
  (samples, queued, slots) => {
    const random = seededRandom(samples + queued)
    const worlds = 100
    let within = 0
    for (let world = 0; world < worlds; world++) {
      const history = served(samples, slots, 3 * minuteMs, random)
      const waiting = Array.from({ length: queued }, () => templateOf(random))
      const range = drainMs(history, { waiting, running: [], slots })!
      const free = Array.from({ length: slots }, () => 0)
      for (const template of waiting) {
        const slot = free.indexOf(Math.min(...free))
        free[slot] = (free[slot] ?? 0) + serviceMs(template, random)
      }
      const came = Math.max(...free)
      if (came >= range.low && came <= range.high) within++
    }
    expect(within / worlds).toBeGreaterThanOrEqual(0.8)
  },
)

test('nothing is said of a queue after fewer than forty attempts', () => {
  const history = served(39, 1, minuteMs, seededRandom(1))
  expect(drainMs(history, { waiting: ['ci'], running: [], slots: 1 })).toBeUndefined()
  expect(backTestQueue(history)).toBeUndefined()
})

test('an empty queue is drained now, and the same facts give the same forecast', () => {
  const history = served(60, 2, minuteMs, seededRandom(2))
  const none = { waiting: [], running: [], slots: 2 }
  expect(drainMs(history, none)).toEqual({ low: 0, middle: 0, high: 0 })
  const some = { waiting: ['ci', 'code'], running: ['ci'], slots: 2 }
  expect(drainMs(history, some)).toEqual(drainMs(history, some))
})

test('the stated error is that of forecasts at past moments', () => {
  const steady = served(300, 2, minuteMs, seededRandom(3))
  const error = backTestQueue(steady)!
  expect(error.forecasts).toBeGreaterThanOrEqual(15)
  expect(error.meanErrorPercent).toBeLessThan(60)
  expect(mostAtOnce(steady)).toBe(2)
})

test('a range for 10,000 tasks that wait takes no more than some milliseconds', () => {
  const history = served(400, 8, minuteMs, seededRandom(4))
  const waiting = Array.from({ length: 10_000 }, (_unused, at) => (at % 3 === 0 ? 'code' : 'ci'))
  const startedAt = performance.now()
  expect(drainMs(history, { waiting, running: [], slots: 8 })!.low).toBeGreaterThan(0)
  expect(performance.now() - startedAt).toBeLessThan(500) // 25 ms on a machine that does nothing else.
})

const hourMs = 3_600_000
const hoursOf = (count: number, random: () => number, of = (_hour: number) => 10) =>
  Array.from({ length: count }, (_unused, hour) =>
    random() < 0.3 ? 0 : of(hour) * (0.5 + random()),
  )

test('the end of a budget is within its range in eight of ten worlds, with a pattern of the day or not', () => {
  const byDay = (hour: number) => (hour % 24 >= 8 && hour % 24 < 18 ? 20 : 1)
  for (const pattern of [() => 10, byDay]) {
    const random = seededRandom(5)
    let within = 0
    const worlds = 100
    for (let world = 0; world < worlds; world++) {
      const all = hoursOf(14 * 24 + 240, random, pattern)
      const [past, future] = [all.slice(0, 14 * 24), all.slice(14 * 24)]
      const left = 500
      const end = budgetEnd(past, { left, now: 0, until: 240 * hourMs })!
      let [hour, sum] = [0, 0]
      while (sum < left) sum += future[hour++] ?? left
      const { low, high } = end.endsAt!
      if (hour * hourMs >= low && (hour - 1) * hourMs <= high) within++
    }
    expect(within / worlds).toBeGreaterThanOrEqual(0.8)
  }
})

test('a budget that lasts until it begins anew is said to last', () => {
  const hours = hoursOf(100, seededRandom(6))
  expect(budgetEnd(hours, { left: 1e6, now: 0, until: 24 * hourMs })).toEqual({
    endsAt: undefined,
    spentPercent: 0,
  })
  expect(budgetEnd(hours.slice(0, 23), { left: 1, now: 0, until: hourMs })).toBeUndefined()
  expect(
    budgetEnd(
      hours.map(() => 0),
      { left: 1, now: 0, until: hourMs },
    ),
  ).toBeUndefined()
})

test('the rate follows what is spent lately', () => {
  expect(rateOf(Array.from({ length: 48 }, () => 5))).toBeCloseTo(5)
  expect(
    rateOf([...Array.from({ length: 240 }, () => 0), ...Array.from({ length: 24 }, () => 8)]),
  ).toBeCloseTo(4, 1)
  expect(backTestSpending(Array.from({ length: 24 * 10 }, () => 5))).toMatchObject({
    meanErrorPercent: 0,
    withinPercent: 100,
  })
  expect(backTestSpending(Array.from({ length: 48 }, () => 5))).toBeUndefined()
})

test('forecast_read says when the queue ends and a budget is spent, or that it cannot', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock })
  type Read = { queue: object; budgets: object[]; method: string }
  const command = { template: 'command', command: 'true' }
  await hub.call('budget_set', { budget: { month: { steps: 200 } } })
  expect(await hub.call<Read>('forecast_read')).toMatchObject({
    queue: { waiting: 0, insufficient: expect.stringMatching(/0 attempts/) as string },
    budgets: [{ unit: 'steps', insufficient: expect.stringMatching(/24/) as string }],
    method: expect.stringMatching(/200 rounds/) as string,
  })
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }]
  for (let n = 0; n < 40; n++) {
    const { id } = await hub.call<{ id: string }>('task_submit', command)
    await finish(hub, id, succeeded)
    for (let call = 0; call < 1; call++)
      await hub.call('model_generate', { prompt, model: 'scripted' })
    await clock.jump(2 * hourMs)
  }
  for (let n = 0; n < 5; n++) await hub.call('task_submit', command)
  expect(await hub.call<Read>('forecast_read')).toMatchObject({
    queue: { waiting: 5, running: 0, drainedAt: { low: expect.any(Number) as number } },
    budgets: [
      {
        left: 160,
        perHour: expect.any(Number) as number,
        spentPercent: expect.any(Number) as number,
      },
    ],
  })
  const otto = await hub.as('otto', 'viewer', ['other'])
  expect(await failure(otto.call('forecast_read', { org: 'default' }))).toMatchObject({
    code: 'denied',
  })
})
