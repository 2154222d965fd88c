import { expect, test } from 'vitest'
import { failure } from '../helpers/hub.ts'
import { ready, startHttp, startWith, stdio } from '../helpers/upstreams.ts'

test('a tool that answers in content alone, or fails in it, says so to scripts too', async () => {
  const hub = await startWith({ up: stdio('v1'), young: stdio('v2') })
  await ready(hub, 'up', 'young')
  expect(await hub.call('up_echo', { text: 'hi' })).toEqual({
    content: [{ type: 'text', text: 'hi' }],
  })
  expect(await failure(hub.call('young_fail'))).toMatchObject({
    code: 'failed',
    message: 'on purpose',
  })
})

test('of many calls that find their session forgotten at once, none is lost', async () => {
  const { url, forgetSessions } = await startHttp('v1')
  const hub = await startWith({ up: { url } })
  await ready(hub, 'up')
  await forgetSessions()
  const texts = Array.from({ length: 20 }, (_, at) => `call ${at}`)
  const answers = await Promise.all(texts.map((text) => hub.call('up_echo', { text })))
  expect(answers).toEqual(texts.map((text) => ({ content: [{ type: 'text', text }] })))
})
