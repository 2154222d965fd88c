import { expect, test } from 'vitest'
import { failure, startHub } from '../helpers/hub.ts'

test('a login link signs a browser in once, and only owners make one', async () => {
  const hub = await startHub()
  const { url } = await hub.call<{ url: string }>('login_link')
  expect(url).toMatch(new RegExp(`^${hub.url}/login\\?code=`))
  const first = await fetch(url, { redirect: 'manual' })
  expect([first.status < 400, first.headers.get('set-cookie')]).toEqual([
    true,
    expect.stringContaining('HttpOnly'),
  ])
  expect((await fetch(url, { redirect: 'manual' })).status).toBeGreaterThanOrEqual(400)
  const ada = await hub.as('ada', 'developer')
  expect(await failure(ada.call('login_link'))).toMatchObject({ code: 'denied' })
})
