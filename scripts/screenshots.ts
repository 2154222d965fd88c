import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeStage, startHub } from '../hub/cli/demo-stage.ts'
import { launchBrowser } from '../test/helpers/browser.ts'
import { pages } from '../web/pages.ts'
import { believableWork, writeNotes } from './believable.ts'

// Draws every page of the dashboard in light, dark and as wide as a phone: `npm run screenshots`.
// With names after it, only the pages that are called so: `npm run screenshots -- now tasks`.
const images = join(import.meta.dirname, '..', 'docs', 'images')
const looks = [
  { name: 'light', width: 1280, colorScheme: 'light' },
  { name: 'dark', width: 1280, colorScheme: 'dark' },
  { name: 'phone', width: 390, colorScheme: 'light' },
] as const
/** What streams in after the page itself is there: its data, and the last lines of logs. */
const settleMs = 1500

const wanted = process.argv.slice(2)
const stage = await makeStage()
writeNotes(stage)
const hub = await startHub(stage)
let endAgent: (() => void) | undefined
try {
  const work = await believableWork(hub.client, stage.repo)
  endAgent = work.end
  const views = viewsOf(work.inReview)
  mkdirSync(images, { recursive: true })
  for (const look of looks) {
    const browser = await launchBrowser() // One for each look: they share nothing that is remembered.
    const viewport = { width: look.width, height: 800 }
    const page = await browser.newPage({ viewport, colorScheme: look.colorScheme })
    const { url } = await hub.client.call<{ url: string }>('login_link')
    await page.goto(url)
    await page.getByText('live', { exact: true }).waitFor()
    for (const { name, hash } of views) {
      await page.evaluate((to) => {
        location.hash = to
      }, hash)
      await page.waitForTimeout(settleMs)
      await page.screenshot({ path: join(images, `${name}-${look.name}.png`) })
    }
    await browser.close()
  }
  console.log(`${views.length * looks.length} pictures are in ${images}`)
} finally {
  endAgent?.()
  await hub.stop()
  rmSync(stage.root, { recursive: true, force: true })
}

/** Every page, and of tasks also the board and the one in review; or those of them that are wanted. */
function viewsOf(task: string): { name: string; hash: string }[] {
  const all = [
    ...pages.map(({ name }) => ({ name, hash: `#/${name}` })),
    { name: 'board', hash: '#/tasks?view=board' },
    { name: 'task', hash: `#/tasks/${task}` },
  ]
  const unknown = wanted.filter((name) => !all.some((view) => view.name === name))
  if (unknown.length > 0)
    throw new Error(
      `there is no page ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`,
    )
  return all.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
}
