import { expect, test } from 'vitest'
import { assertCron, nextRunAt } from '../../../servers/orchestration/schedule.ts'

/** The next runs after an instant, one after the other. */
function runs(cron: string, zone: string, after: string, count: number): string[] {
  let at = Date.parse(after)
  return Array.from({ length: count }, () => {
    at = nextRunAt(cron, zone, at)
    return new Date(at).toISOString().slice(0, 16)
  })
}

test.each([
  // Clocks go from 2:00 to 3:00 on 29 March: 2:30 does not come, and runs at 3:30.
  [
    '30 2 * * *',
    'Europe/Berlin',
    '2026-03-27T12:00Z',
    ['2026-03-28T01:30', '2026-03-29T01:30', '2026-03-30T00:30'],
  ],
  [
    '15,45 2 * * *',
    'Europe/Berlin',
    '2026-03-28T12:00Z',
    ['2026-03-29T01:15', '2026-03-29T01:45', '2026-03-30T00:15'],
  ],
  // From 3:00 to 2:00 on 25 October: 2:30 comes twice, and runs once.
  ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
  ['0 3 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T02:00', '2026-10-26T02:00']],
  // What leaves the hour open goes on through both hours, and skips none.
  [
    '30 * * * *',
    'Europe/Berlin',
    '2026-10-24T23:00Z',
    ['2026-10-24T23:30', '2026-10-25T00:30', '2026-10-25T01:30', '2026-10-25T02:30'],
  ],
  [
    '*/30 * * * *',
    'Europe/Berlin',
    '2026-03-29T00:10Z',
    ['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30', '2026-03-29T02:00'],
  ],
  [
    '*/20 */2 * * *',
    'Europe/Berlin',
    '2026-10-25T00:00Z',
    ['2026-10-25T00:20', '2026-10-25T00:40', '2026-10-25T01:00'],
  ],
  ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['2026-03-08T07:30', '2026-03-09T06:30']],
  ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['2026-11-01T05:30', '2026-11-02T06:30']],
  ['0 0 * * *', 'America/New_York', '2026-10-31T12:00Z', ['2026-11-01T04:00', '2026-11-02T05:00']],
  [
    '0 9 * * 1-5',
    'America/New_York',
    '2026-03-06T15:00Z',
    ['2026-03-09T13:00', '2026-03-10T13:00'],
  ],
  ['0 0 * * *', 'America/Santiago', '2026-09-05T12:00Z', ['2026-09-06T04:00', '2026-09-07T03:00']],
  ['0 12 1 * *', 'Asia/Kathmandu', '2026-01-15T00:00Z', ['2026-02-01T06:15', '2026-03-01T06:15']],
  ['0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', ['2028-02-29T00:00']],
  ['0 0 13 * 5', 'UTC', '2026-02-10T00:00Z', ['2026-02-13T00:00', '2026-02-20T00:00']],
  ['0 6 * JAN MON', 'UTC', '2026-01-01T00:00Z', ['2026-01-05T06:00']],
])('%s in %s after %s', (cron, zone, after, expected) => {
  expect(runs(cron, zone, after, expected.length)).toEqual(expected)
})

test('over a year each zone has the runs that its days have, one after another', () => {
  for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe']) {
    const days = runs('30 2 * * *', zone, '2026-01-01T15:00Z', 365)
    expect(new Set(days).size).toBe(365)
    expect([...days].sort()).toEqual(days)
    const hours = runs('0 * * * *', zone, '2026-03-01T00:30Z', 24 * 60)
    expect(new Set(hours).size).toBe(hours.length)
  }
})

test.each(['', '* * * *', '60 * * * *', '* * * * * *', '@daily', 'a b c d e'])(
  '%j is no schedule',
  (cron) => expect(() => assertCron(cron)).toThrow(/is no schedule/),
)

test('a day that never comes is no schedule', () => {
  expect(() => assertCron('0 0 30 2 *')).toThrow(/no such day/)
})
