import { expect, test } from 'vitest'
import { dayAt, instantsOf, nextDayAt, nextMonthAt, wallAt } from '../../../servers/kit/zones.ts'

const at = (text: string) => Date.parse(text)
const shown = (instants: number[]) => instants.map((one) => new Date(one).toISOString())

test.each([
  ['Europe/Berlin', '2026-01-15T09:00', ['2026-01-15T08:00:00.000Z']],
  ['Europe/Berlin', '2026-03-29T02:30', ['2026-03-29T01:30:00.000Z']], // No clock shows it: 03:30.
  ['Europe/Berlin', '2026-10-25T02:30', ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']],
  ['America/New_York', '2026-03-08T02:30', ['2026-03-08T07:30:00.000Z']],
  [
    'America/New_York',
    '2026-11-01T01:30',
    ['2026-11-01T05:30:00.000Z', '2026-11-01T06:30:00.000Z'],
  ],
  [
    'Australia/Lord_Howe',
    '2026-04-05T01:45',
    ['2026-04-04T14:45:00.000Z', '2026-04-04T15:15:00.000Z'],
  ],
  ['Asia/Kathmandu', '2026-06-01T00:00', ['2026-05-31T18:15:00.000Z']],
  ['UTC', '2026-06-01T00:00', ['2026-06-01T00:00:00.000Z']],
])('%s shows %s at %j', (zone, wall, instants) => {
  expect(shown(instantsOf(zone, at(`${wall}Z`)))).toEqual(instants)
})

test.each([
  ['Europe/Berlin', '2026-03-28T23:30:00Z', '2026-03-29', '2026-03-29T22:00:00.000Z'],
  ['Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25', '2026-10-25T23:00:00.000Z'],
  ['Pacific/Auckland', '2026-06-30T12:00:00Z', '2026-07-01', '2026-07-01T12:00:00.000Z'],
  ['America/Santiago', '2026-09-05T12:00:00Z', '2026-09-05', '2026-09-06T04:00:00.000Z'], // Midnight is skipped.
  ['UTC', '2026-12-31T23:59:59Z', '2026-12-31', '2027-01-01T00:00:00.000Z'],
])('in %s at %s it is %s, until %s', (zone, instant, day, next) => {
  expect(dayAt(zone, at(instant))).toBe(day)
  expect(shown([nextDayAt(zone, at(instant))])).toEqual([next])
})

test('months end where the zone says', () => {
  expect(shown([nextMonthAt('America/New_York', at('2026-11-30T12:00:00Z'))])).toEqual([
    '2026-12-01T05:00:00.000Z',
  ])
  expect(shown([nextMonthAt('Europe/Berlin', at('2026-12-31T23:30:00Z'))])).toEqual([
    '2027-01-31T23:00:00.000Z',
  ])
})

test('a wall clock keeps its milliseconds', () => {
  expect(wallAt('Asia/Kathmandu', 1_780_000_000_123) % 1000).toBe(123)
})
