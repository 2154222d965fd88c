import { expect, test } from 'vitest'
import type { Pod } from '../../schemas/cluster.ts'
import { expectFit, openDashboard } from '../helpers/dashboard.ts'
import { startHub } from '../helpers/hub.ts'

const command = ['/bin/sh', '-c', 'echo "<img src=x onerror=alert(1)>"; sleep 60']

test('a person sees what clusters have, is warned, asks what fits, and reads what a pod wrote', async () => {
  const hub = await startHub()
  const pod = await hub.call<Pod>('pod_run', {
    command,
    resources: { cpus: 0.5, memoryMb: 128 },
  })
  const dashboard = await openDashboard(hub)
  const { page, go, errors } = dashboard
  await go('#/clusters')
  await page.getByRole('alert').getByText('Pods on local are not isolated').waitFor()
  await page.locator('.resource', { hasText: 'CPU' }).getByText('0.5 of').waitFor()
  await page.getByRole('img', { name: /^Pods: now 1, highest mean 1/ }).waitFor()
  await page.getByRole('img', { name: /^Memory: now .*, requested 128 MiB of / }).waitFor()
  await page.locator('.chart', { hasText: 'Pods' }).getByText('highest mean 1').waitFor()
  await page.locator('.pod').getByText('sleep 60').waitFor()

  await page.getByLabel('What fits?').fill('0.5 CPU, 64 MiB')
  await page.keyboard.press('Enter')
  await page.getByText('It fits in 1 of 1 places').waitFor()
  await page.getByLabel('What fits?').fill('2000 CPU 4 GiB, 1 GPU')
  await page.getByRole('button', { name: 'Look' }).click()
  await page.getByRole('alert').filter({ hasText: 'cpus' }).waitFor()
  await page.getByLabel('What fits?').fill('1000 CPU 4 GiB, 1 GPU')
  await page.getByRole('button', { name: 'Look' }).click()
  await page.getByText('It fits nowhere now').waitFor()
  await page
    .locator('.candidates')
    .getByText(/tags gpu are missing/)
    .waitFor()
  await page.getByLabel('What fits?').fill('much')
  await page.getByLabel('What fits?').fill('4 elephants')
  await page.getByRole('button', { name: 'Look' }).click()
  await page.getByRole('alert').filter({ hasText: 'is no amount' }).waitFor()
  await expectFit(dashboard)

  await page.getByRole('link', { name: 'Output' }).click()
  expect(await page.getByRole('textbox', { name: 'Pod', exact: true }).inputValue()).toBe(pod.id)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.locator('.result').getByText('<img src=x onerror=alert(1)>').first().waitFor()

  await hub.call('pod_delete', { pod: pod.id, grace_ms: 0 })
  await go('#/clusters?hours=1')
  await page.getByText('No pod runs now.').waitFor()
  await page.getByRole('link', { name: 'Also ended ones' }).click()
  await page.locator('.pod .badge').waitFor()
  expect(await page.evaluate(() => location.hash)).toContain('hours=1')
  expect(errors).toEqual([])
})

test('beside the open chat a machine is shown whole', async () => {
  const hub = await startHub()
  const { page, errors } = await openDashboard(hub, '#/clusters')
  await page.locator('.node .resource').nth(3).waitFor()
  await page.keyboard.press('Control+j')
  await page.getByRole('complementary', { name: 'Chat' }).getByRole('textbox').first().waitFor()
  const beyond = () =>
    page.locator('main').evaluate((main) => {
      const edge = main.getBoundingClientRect().right
      const parts = [...main.querySelectorAll('.node .resource')]
      return parts.filter((part) => part.getBoundingClientRect().right > edge).length
    })
  expect(await beyond()).toBe(0)
  expect(errors).toEqual([])
})
