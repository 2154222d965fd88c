import { expect, test } from 'vitest'
import { Limiter } from '../../hub/upstreams/limiter.ts'

test('never more than the limit run at a time, whoever comes in between', async () => {
  const limiter = new Limiter(2)
  const { signal } = new AbortController()
  let running = 0
  let most = 0
  const work = async (rounds: number): Promise<void> => {
    const leave = await limiter.enter(() => signal)
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    leave()
    // Asks again in the very turn in which it left, while others still wait to be woken.
    if (rounds > 0) await work(rounds - 1)
  }
  await Promise.all(Array.from({ length: 20 }, () => work(5)))
  expect(most).toBe(2)
})

test('who gives up waiting takes no place', async () => {
  const limiter = new Limiter(1)
  const leave = await limiter.enter(() => new AbortController().signal)
  const impatient = new AbortController()
  const waiting = limiter.enter(() => impatient.signal)
  impatient.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'canceled' })
  leave()
  const next = await limiter.enter(() => new AbortController().signal)
  next()
})
