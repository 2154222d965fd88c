import { array, assert, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Served, divideRoom, startMs } from '../../../hub/controllers/fairness.ts'

const claimant = (org: string, more: Partial<Parameters<typeof divideRoom>[1][number]> = {}) => ({
  org,
  weight: 1,
  served: 0,
  wants: 100,
  ...more,
})

describe('the room that is free goes', () => {
  const cases: [string, number, Parameters<typeof divideRoom>[1], string][] = [
    ['to nobody where nobody wants it', 4, [], ''],
    ['to all who want it, where there is enough', 4, [claimant('a', { wants: 1 })], 'a'],
    ['evenly', 4, [claimant('a'), claimant('b')], 'abab'],
    ['by weight', 4, [claimant('a', { weight: 3 }), claimant('b')], 'abaa'],
    ['first to who was served least', 2, [claimant('a', { served: 5000 }), claimant('b')], 'bb'],
    [
      'on to others where one wants no more',
      4,
      [claimant('a', { wants: 1 }), claimant('b', { served: 9000 })],
      'abbb',
    ],
  ]
  test.each(cases)('%s', (_name, free, claimants, turns) => {
    expect(divideRoom(free, claimants).join('')).toBe(turns)
  })
})

type Org = { weight: number; runMs: number }

/** Orgs with endless queues on a machine; what each had in pod time and starts, and its longest wait for one. */
function simulate(orgs: Org[], places: number, untilMs: number) {
  const served = new Served()
  const state = orgs.map((org, index) => ({
    ...org,
    org: `org${index}`,
    ends: [] as number[],
    hadMs: 0,
    waitedFrom: 0,
    longestMs: 0,
  }))
  for (let now = 0; now < untilMs; now += 100) {
    for (const one of state) {
      one.hadMs += one.ends.length * 100
      one.ends = one.ends.filter((at) => at > now)
    }
    served.advance(
      now,
      state.map(({ org, weight, ends }) => ({ org, weight, pods: ends.length })),
    )
    const free = places - state.reduce((sum, { ends }) => sum + ends.length, 0)
    const claimants = state.map(({ org, weight }) =>
      claimant(org, { weight, served: served.of(org) }),
    )
    for (const org of divideRoom(free, claimants)) {
      const one = state.find((other) => other.org === org)!
      one.ends.push(now + one.runMs)
      one.longestMs = Math.max(one.longestMs, now - one.waitedFrom)
      one.waitedFrom = now
      one.hadMs += startMs
      served.started(org, one.weight)
    }
  }
  return state
}

const anOrg = record({
  weight: integer({ min: 1, max: 5 }),
  runMs: integer({ min: 5, max: 60 }).map((tenths) => tenths * 100),
})

test('shares come to be as the weights, however many places there are and long the pods run', () => {
  assert(
    property(
      array(anOrg, { minLength: 2, maxLength: 6 }),
      integer({ min: 1, max: 12 }),
      (orgs, places) => {
        const state = simulate(orgs, places, 600_000)
        const all = state.reduce((sum, { hadMs }) => sum + hadMs, 0)
        const weights = orgs.reduce((sum, { weight }) => sum + weight, 0)
        for (const { hadMs, weight } of state)
          expect(Math.abs(hadMs / all - weight / weights)).toBeLessThan(0.03)
      },
    ),
    { numRuns: 40, seed: 12 },
  )
})

test('nobody starves, however many orgs are in the queue', () => {
  assert(
    property(array(anOrg, { minLength: 2, maxLength: 30 }), (orgs) => {
      const weights = orgs.reduce((sum, { weight }) => sum + weight, 0)
      for (const { weight, longestMs, waitedFrom } of simulate(orgs, 1, 1_800_000)) {
        const mostMs = ((weights / weight) * 7000 + 20_000) * 2
        expect(longestMs).toBeLessThan(mostMs)
        expect(1_800_000 - waitedFrom).toBeLessThan(mostMs)
      }
    }),
    { numRuns: 10, seed: 12 },
  )
})

test('who was away saved nothing up, and who had much is not forgiven for a pause', () => {
  const served = new Served()
  const [a, b] = [
    { org: 'a', weight: 1, pods: 4 },
    { org: 'b', weight: 1, pods: 0 },
  ]
  served.advance(0, [a])
  served.advance(60_000, [a])
  served.advance(60_000, [a, b])
  expect(served.of('b')).toBe(served.of('a'))
  served.advance(120_000, [a, b])
  const had = served.of('a')
  served.advance(120_000, [b])
  served.advance(121_000, [a, b])
  expect(served.of('a')).toBeGreaterThanOrEqual(had)
  served.advance(122_000, [])
  expect([served.of('a'), served.of('b')]).toEqual([0, 0])
})
