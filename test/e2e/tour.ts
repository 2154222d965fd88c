import type { Page } from 'playwright-core'

/** What a person does in the dashboard, from a new task to a merge. `shot` is called where it is worth a picture. */
export async function tour(
  page: Page,
  options: { link: string; repo: string; shot(name: string): Promise<void> },
): Promise<void> {
  const { link, repo, shot } = options
  await page.goto(link)
  await page
    .getByRole('heading', { name: 'This hub is new' })
    .or(page.getByRole('heading', { name: /Needs you|Nothing needs you/ }))
    .waitFor()
  await page.getByText('live', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'New task' }).first().click()
  const form = page.getByRole('dialog', { name: 'New task' })
  await form.getByRole('combobox', { name: 'Template', exact: true }).selectOption('code')
  await form.locator('[name=repo]').fill(repo)
  await form.getByRole('textbox', { name: 'Goal', exact: true }).fill('Make the failing test pass')
  await form.getByRole('textbox', { name: 'Model', exact: true }).fill('scripted')
  await shot('new-task')
  await form.getByRole('button', { name: 'Submit' }).click()

  await page.getByRole('heading', { name: 'Make the failing test pass' }).waitFor()
  const change = page.getByRole('region', { name: 'Change' }).last()
  await change.locator('.diff').getByText('+  return a + b').first().waitFor()
  const details = page.getByRole('navigation', { name: 'Details' })
  await details.getByRole('link', { name: 'Log' }).click()
  await page.getByRole('log').getByText('I look for the sources').first().waitFor()
  await details.getByRole('link', { name: 'Results' }).click()
  await page.getByText('1 passed, 0 failed').first().waitFor()
  await details.getByRole('link', { name: 'Change' }).click()
  await shot('task')

  await page
    .getByLabel('Your words')
    .fill('Good. Please also add "- adds up again" to CHANGELOG.md')
  await page.getByRole('button', { name: 'Request changes' }).click()
  await page.locator('.discussion').getByText('asks for changes').waitFor()
  await page.getByText('revision 2', { exact: false }).first().waitFor()
  await page.locator('.diff').getByText('+- adds up again').waitFor()
  await shot('revised')

  await page.getByRole('button', { name: 'Merge' }).click()
  await page.getByRole('alert').getByText('is checked out').waitFor()
  await page.getByLabel('also update my checkout').check()
  await page.getByRole('button', { name: 'Merge' }).click()
  await page.getByText('Merged by owner').waitFor()
  await page.locator('.task header .badge', { hasText: 'succeeded' }).waitFor()

  await page.getByRole('link', { name: 'Agents' }).click()
  await page.getByRole('heading', { name: 'Machines' }).waitFor()
  await page.getByText(/of \d+ promised, load/).waitFor()
  await shot('agents')
  await page.getByRole('link', { name: 'Tasks', exact: true }).click()
  await page.getByRole('link', { name: 'Board' }).click()
  await page.locator('.card').first().waitFor()
  await shot('board')
}
