import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Pod } from '../../schemas/cluster.ts'
import { openDashboard } from '../helpers/dashboard.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub } from '../helpers/hub.ts'

// The editor of the published package in a local pod, opened from the dashboard.
const installed = process.env.SWITCHYARD_TEST_CODE_SERVER ?? ''

test('code-server shows the files of a pod in a frame of the dashboard, over its WebSocket', async () => {
  const path = process.env.PATH ?? ''
  // Its program wants this Node, which pods do not find by its name.
  const bin = makeFolder('bin')
  const entry = join(installed, 'node_modules', 'code-server', 'out', 'node', 'entry.js')
  const start = `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`
  writeFileSync(join(bin, 'code-server'), start, { mode: 0o755 })
  process.env.PATH = `${bin}:${path}`
  onTestFinished(() => void (process.env.PATH = path))
  const hub = await startHub()
  const script = 'echo "written by the pod" >"$SWITCHYARD_WORK/first-file.txt"; sleep 900'
  const resources = { cpus: 1, memoryMb: 2048 }
  const command = ['/bin/sh', '-c', script]
  const { id: pod } = await hub.call<Pod>('pod_run', { command, resources })
  const { page, go } = await openDashboard(hub)
  await go(`#/clusters?pod=${pod}`)
  const opened = page.getByRole('region', { name: /^Open pod/ })
  await opened.getByRole('button', { name: 'Open the editor' }).click()
  const editor = page.frameLocator('.pod-window iframe')
  // The list of files comes over the WebSocket of the editor.
  const file = editor.getByRole('treeitem', { name: /first-file\.txt/ })
  await file.waitFor({ timeout: 180_000 })
  await file.dblclick()
  await editor.locator('.view-line').getByText('written').waitFor({ timeout: 60_000 })
  const { exposed } = await hub.call<Pod>('pod_read', { pod })
  expect(exposed).toMatchObject([{ kind: 'code-server' }])
})
