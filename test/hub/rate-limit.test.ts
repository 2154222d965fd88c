import { expect, test } from 'vitest'
import { startHub } from '../helpers/hub.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

test('who asks too often is told how long to wait; others and the owner go on', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ rateLimit: 5, clock })
  const make = async (name: string) =>
    (await hub.call<{ token: string }>('token_create', { name, role: 'viewer' })).token
  const [greedy, modest] = [await make('greedy'), await make('modest')]
  const ask = (token: string) =>
    fetch(`${hub.url}/whoami`, { headers: { authorization: `Bearer ${token}` } })
  const answers = await Promise.all(Array.from({ length: 30 }, () => ask(greedy)))
  const refused = answers.filter(({ status }) => status === 429)
  expect(answers.length - refused.length).toBe(10) // A burst of twice the rate.
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(await refused[0]?.json()).toMatchObject({
    error: { code: 'exhausted', message: expect.stringMatching(/5 requests a second/) as string },
  })
  expect((await ask(modest)).status).toBe(200)
  const owners = await Promise.all(Array.from({ length: 40 }, () => ask(hub.token)))
  expect(owners.every(({ status }) => status === 200)).toBe(true)
  await clock.advance(1000)
  expect((await ask(greedy)).status).toBe(200)
})
