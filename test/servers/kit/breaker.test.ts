import { expect, test } from 'vitest'
import { Breaker } from '../../../servers/kit/models/breaker.ts'

const down = { statusCode: 503 }

test('a model rests after three failures of its server in a row, longer each time', () => {
  const breaker = new Breaker()
  for (const at of [0, 1, 2]) {
    expect(breaker.restMs('m', at)).toBe(0)
    breaker.failed('m', down, at)
  }
  expect(breaker.restMs('m', 3)).toBe(9_999)
  expect(breaker.restMs('other', 3)).toBe(0)
  expect(breaker.restMs('m', 10_002)).toBe(0)
  breaker.failed('m', new Error('fetch failed'), 10_003)
  expect(breaker.restMs('m', 10_003)).toBe(20_000)
})

test('after its rest one call tries it, and its success ends the rest for all', () => {
  const breaker = new Breaker()
  for (const at of [0, 0, 0]) breaker.failed('m', down, at)
  expect(breaker.restMs('m', 10_000)).toBe(0)
  expect(breaker.restMs('m', 10_000)).toBeGreaterThan(0)
  breaker.succeeded('m')
  expect(breaker.restMs('m', 10_001)).toBe(0)
})

test('what is wrong with a request says nothing about the server', () => {
  const breaker = new Breaker()
  for (const statusCode of [400, 401, 404, 400]) breaker.failed('m', { statusCode }, 0)
  expect(breaker.restMs('m', 0)).toBe(0)
})
