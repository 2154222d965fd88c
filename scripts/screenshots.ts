import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeStage, startHub } from '../hub/cli/demo-stage.ts'
import { launchBrowser } from '../test/helpers/browser.ts'
import { git } from '../servers/kit/git.ts'

import { tour } from '../test/e2e/tour.ts'

// Draws the pictures of the documentation from the real page: `npm run screenshots`.
const images = join(import.meta.dirname, '..', 'docs', 'images')
const stage = await makeStage()
writeFileSync(
  join(stage.repo, 'src', 'total.js'),
  'export function total(a, b) {\n  return a - b\n}\n',
)
const fixed = `import assert from 'node:assert/strict'\nimport { test } from 'node:test'\nimport { total } from '../src/total.js'\n\ntest('adds', () => assert.equal(total(2, 3), 5))\n`
writeFileSync(join(stage.repo, 'test', 'total.test.js'), fixed)
await git(['-C', stage.repo, 'commit', '--quiet', '--all', '--message=Add two numbers'])
const hub = await startHub(stage)
const browser = await launchBrowser()
try {
  await hub.client.call('task_submit', {
    template: 'ci',
    repo: stage.repo,
    title: 'Nightly checks',
  })
  await hub.client.call('task_submit', {
    template: 'command',
    command: 'echo backup done',
    title: 'Backup',
  })
  const page = await browser.newPage({
    viewport: { width: 1200, height: 760 },
    deviceScaleFactor: 1.5,
  })
  const shot = (name: string) =>
    page.screenshot({ path: join(images, `${name}.png`) }).then(() => undefined)
  await tour(page, { link: hub.link, repo: stage.repo, shot })
  console.log(`the pictures are in ${images}`)
} finally {
  await browser.close()
  await hub.stop()
  rmSync(stage.root, { recursive: true, force: true })
}
