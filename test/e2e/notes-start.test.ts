import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDashboard } from '../helpers/dashboard.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub } from '../helpers/hub.ts'

test('a vault that is named while the page says that there is none shows there by itself', async () => {
  const data = makeFolder('hub')
  const hub = await startHub({ data })
  const { page, errors } = await openDashboard(hub, '#/notes')
  await page.getByRole('heading', { name: 'No vault yet' }).waitFor()
  const vaults = { notes: { path: makeFolder('vault'), write: ['/'] } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ vaults }))
  await page.getByRole('searchbox').waitFor({ timeout: 15_000 })
  expect(errors).toEqual([])
})
