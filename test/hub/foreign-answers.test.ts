import { expect, test } from 'vitest'
import { failure } from '../helpers/hub.ts'
import { ready, startWith, stdio } from '../helpers/upstreams.ts'

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
