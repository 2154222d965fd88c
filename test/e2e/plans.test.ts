import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Plan } from '../../schemas/plan.ts'
import { axeFindings } from '../helpers/axe.ts'
import type { TestHub } from '../helpers/hub.ts'
import { fits, openPage } from '../helpers/page.ts'
import { startHub, until } from '../helpers/hub.ts'
import { doStep, stepIn, stepStates } from '../helpers/plans.ts'

const visit = async (page: Page, hub: TestHub, hash: string): Promise<void> => {
  await page.goto(await hub.hub.loginLink())
  await page.getByText('live', { exact: true }).waitFor()
  await page.evaluate((hash) => (location.hash = hash), hash)
}
const step = (name: string, needs: string[] = [], title = `Do ${name}`) => ({
  name,
  needs,
  title,
  template: 'command',
  command: 'true',
})

test('a plan is typed as lines, drawn as it is typed, followed, and its gate answered in place', async () => {
  const hub = await startHub()
  const { page, errors } = await openPage({ height: 900 })
  await visit(page, hub, '#/plans')
  await page.getByRole('link', { name: 'New plan' }).click()
  await page.getByRole('link', { name: 'From steps' }).click()
  await page.waitForURL(/from=steps/)
  const text = page.getByRole('textbox', { name: /^Steps/ })
  await text.fill('build: true\ntest after biuld: true')
  await page.getByText('test needs biuld, which is no step').waitFor()
  await text.fill(
    'build: true\ntest after build: true\ngate agree after test: Release it?\npublish after agree: true',
  )
  await page.locator('.graph .step').nth(3).waitFor()
  await page.getByRole('textbox', { name: 'Title' }).fill('Release')
  await page.getByRole('button', { name: 'Make the plan' }).click()
  await page.getByRole('heading', { name: 'Release' }).waitFor()
  const { items } = await hub.call<{ items: Plan[] }>('plan_list')
  const plan = items[0]?.id ?? ''
  await doStep(hub, plan, 'build')
  await doStep(hub, plan, 'test')
  const asked = page.getByRole('form', { name: 'Release it?' })
  await asked.getByRole('button', { name: 'Approve' }).click()
  await asked.waitFor({ state: 'detached' })
  await stepIn(hub, plan, 'publish', 'running')
  await page.locator('.step[data-state=running]').waitFor()
  expect(errors).toEqual([])
})

test('a step says what it needs and holds up; it is canceled and run again with what depends on it', async () => {
  const hub = await startHub()
  const steps = [step('a'), step('b', ['a']), step('c', ['b']), step('d')]
  const { id: plan } = await hub.call<Plan>('plan_create', { title: 'Chain', steps })
  const { page, errors } = await openPage({ height: 900 })
  await visit(page, hub, `#/plans/${plan}`)
  await page.locator('.graph').getByText('Do b').click()
  const panel = page.getByRole('region', { name: 'Step b' })
  await panel.getByRole('link', { name: 'a', exact: true }).waitFor()
  await panel.getByRole('link', { name: 'c', exact: true }).waitFor()
  expect(page.url()).toContain('step=b')
  await panel.getByRole('button', { name: 'Cancel it and 1 behind it' }).click()
  await panel.getByText('canceled', { exact: true }).waitFor()
  await until(async () => (await stepStates(hub, plan)).c === 'canceled')
  expect((await stepStates(hub, plan)).d).toBe('running')
  await panel.getByRole('button', { name: 'Run it again with what waited for it' }).click()
  await panel.getByText('blocked', { exact: true }).waitFor()
  await until(async () => (await stepStates(hub, plan)).c === 'waiting')
  await page.getByRole('button', { name: 'Cancel the plan' }).click()
  await page.locator('h1', { hasText: 'canceled' }).waitFor()
  expect(errors).toEqual([])
})

test('a graph wider than the page says where it goes on, and its title stands at the top', async () => {
  const hub = await startHub()
  const steps = Array.from({ length: 8 }, (_, at) => step(`s${at}`, at > 0 ? [`s${at - 1}`] : []))
  const { id: plan } = await hub.call<Plan>('plan_create', { title: 'Wide', steps })
  const { page, errors } = await openPage()
  await visit(page, hub, `#/plans/${plan}`)
  const edges = page.locator('.scroll-edges')
  const goesOn = () => edges.evaluate(({ dataset }) => Object.keys(dataset))
  await expect.poll(goesOn).toEqual(['right'])
  const graph = page.getByRole('group', { name: 'Graph of the steps' })
  await graph.focus()
  await page.keyboard.press('ArrowRight')
  await expect.poll(async () => (await goesOn()).sort()).toEqual(['left', 'right'])
  await graph.evaluate((box) => box.scrollTo(box.scrollWidth, 0))
  await expect.poll(goesOn).toEqual(['left'])
  const top = (selector: string) =>
    page.locator(selector).evaluate((one) => one.getBoundingClientRect().top)
  expect((await top('.plan h1')) - (await top('.pair'))).toBeLessThan(12)
  expect(errors).toEqual([])
})

test('the list of plans follows their steps, and an error of one source leaves with it', async () => {
  const hub = await startHub()
  const steps = ['a', 'b', 'c'].map((name) => step(name))
  const { id: plan } = await hub.call<Plan>('plan_create', { title: 'Three', steps })
  const { page } = await openPage({ height: 900 })
  await visit(page, hub, '#/plans')
  const row = page.locator('.thing-row', { hasText: 'Three' })
  await row.getByText('0 of 3 done').waitFor()
  await doStep(hub, plan, 'a')
  await row.getByText('1 of 3 done').waitFor()
  await doStep(hub, plan, 'b')
  await row.getByText('2 of 3 done').waitFor()
  await page.evaluate(() => (location.hash = '#/plans/new?from=feature'))
  await page.getByRole('combobox', { name: 'Repository' }).fill('/no/such/folder')
  await page.getByRole('combobox', { name: /^Feature/ }).fill('none')
  await page.getByRole('button', { name: 'Make the plan' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByRole('link', { name: 'From steps' }).click()
  await page.getByRole('textbox', { name: /^Steps/ }).waitFor()
  expect(await page.locator('form.new-plan').getByRole('alert').count()).toBe(0)
})

test('a plan of 500 steps is a list, and hostile titles stay text on a phone', async () => {
  const hub = await startHub()
  const evil = '<img src=x onerror=alert(1)>'
  const many = Array.from({ length: 500 }, (_, at) => step(`s${at}`, [], `Step ${at}`))
  const { id: long } = await hub.call<Plan>('plan_create', { title: 'Long', steps: many })
  const title = `${evil} ${'long-title-'.repeat(12)}`
  const hostile = {
    title,
    steps: [step('x', [], title), step('y', ['x'], 'مرحبا 🚂')],
    approve: true,
  }
  const { id: bad } = await hub.call<Plan>('plan_create', hostile)
  const { page, errors } = await openPage({ width: 360, height: 900 })
  await visit(page, hub, `#/plans/${long}`)
  await page.getByText('A picture of 500 steps says nothing').waitFor()
  await page.locator('.plan sy-rows li').first().waitFor()
  expect(await page.locator('.plan sy-rows li').count()).toBeLessThan(100)
  expect(await fits(page)).toBe(true)
  await page.evaluate((hash) => (location.hash = hash), `#/plans/${bad}`)
  await page.locator('.graph .step').nth(1).waitFor()
  expect(await fits(page)).toBe(true)
  expect(await page.locator('main img').count()).toBe(0)
  await page.setViewportSize({ width: 1400, height: 900 })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await axeFindings(page)).toEqual([])
  }
  await page.evaluate(() => (location.hash = '#/plans/new?from=steps'))
  await page.getByRole('textbox', { name: /^Steps/ }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(errors).toEqual([])
})
