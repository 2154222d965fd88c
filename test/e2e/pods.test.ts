import { expect, test } from 'vitest'
import { expectFit, openDashboard } from '../helpers/dashboard.ts'
import { startHub } from '../helpers/hub.ts'
import { servingPod } from '../hub/pods/exposed-pods.ts'

test('a person opens a port of a pod in a frame of the page, where WebSockets work, and closes it', async () => {
  const hub = await startHub()
  const { pod, port } = await servingPod(hub)
  const dashboard = await openDashboard(hub)
  const { page, go, errors } = dashboard
  await go('#/clusters')
  await page.locator('.pod').getByRole('link', { name: 'Open', exact: true }).click()
  const opened = page.getByRole('region', { name: /^Open pod/ })
  await opened.getByLabel('Port').fill(String(port))
  await opened.getByRole('button', { name: 'Open', exact: true }).click()
  const frame = page.frameLocator('.pod-window iframe')
  await frame.getByText('"url":"/"').waitFor()
  const [, inner] = page.frames()
  expect(new URL(inner?.url() ?? '').origin).not.toBe(hub.url)
  // The cookie of the frame holds for all that its page asks for.
  await inner?.goto(new URL('/page', inner.url()).href)
  await frame.getByText('pod: over').waitFor()
  // It sees nothing of the page around it, nor its credential.
  expect(await inner?.evaluate(() => document.cookie)).not.toContain('switchyard')
  await expect(inner?.evaluate(() => parent.document.title)).rejects.toThrow(/cross-origin/)
  await expectFit(dashboard)

  const tab = page.context().waitForEvent('page')
  await opened.getByRole('button', { name: 'Open in a new tab' }).click()
  await (await tab).getByText('"url":"/"').waitFor()

  await opened.getByRole('button', { name: 'Close' }).click()
  await opened.getByText(`Port ${port}`).waitFor({ state: 'detached' })
  expect(await page.locator('.pod-window iframe').count()).toBe(0)
  expect((await hub.call<{ exposed?: unknown }>('pod_read', { pod })).exposed).toBeUndefined()
  expect(errors).toEqual([])
})
