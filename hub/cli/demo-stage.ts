import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { HubClient } from '../../agent/hub-client.ts'
import { HubError } from '../../schemas/errors.ts'
import { git } from '../../servers/kit/git.ts'
import { codeRoot } from '../../servers/kit/code-root.ts'

export type Stage = { root: string; repo: string; data: string; vault: string }

const files: Record<string, string> = {
  'package.json':
    '{ "name": "till", "private": true, "type": "module", "scripts": { "test": "node --test" } }\n',
  'README.md': '# Till\n\nAdds up what is in a basket.\n',
  'CHANGELOG.md': '# Changes\n',
  'specs/001-basket/spec.md':
    '# Feature Specification: Basket\n\n- **FR-001**: The total is the sum of price times count\n',
  'specs/001-basket/tasks.md':
    '## Phase 1: Total\n\n- [x] T001 Set up the project\n- [ ] T002 Sum up the basket (FR-001) in src/total.js\n',
  'src/total.js': `/** Sum of the prices in a basket, in cents. */
export function total(items) {
  return items.reduce((sum, item) => sum - item.price * item.count, 0)
}
`,
  'test/total.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { total } from '../src/total.js'

test('an empty basket costs nothing', () => assert.equal(total([]), 0))
test('prices are added up', () => {
  assert.equal(total([{ price: 250, count: 2 }, { price: 100, count: 1 }]), 600)
})
`,
}

/** A folder with a small repository whose test fails, and room for a hub's data. */
export async function makeStage(): Promise<Stage> {
  const root = await mkdtemp(join(tmpdir(), 'switchyard-demo-'))
  const repo = join(root, 'till')
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(repo, name, '..'), { recursive: true })
    await writeFile(join(repo, name), text)
  }
  await git(['init', '--quiet', '--initial-branch=main', repo])
  await git(['-C', repo, 'add', '--all'])
  await git(['-C', repo, 'commit', '--quiet', '--message=Add up a basket'])
  const vault = join(root, 'notes')
  await mkdir(vault)
  await writeFile(
    join(vault, 'Log.md'),
    '# Log\n\nPrices are kept in cents, so that sums stay exact.\n\n## Agents\n',
  )
  const data = join(root, 'data')
  await mkdir(data, { mode: 0o700 })
  const vaults = { notes: { path: vault, write: ['/'] } }
  // What the demonstration runs is its own, and this hub's token is good for nothing else.
  const config = { vaults, allowUnisolated: true }
  await writeFile(join(data, 'switchyard.json'), JSON.stringify(config))
  return { root, repo, data, vault }
}

export type DemoHub = {
  client: HubClient
  link: string
  kill(): void
  restart(): Promise<void>
  stop(): Promise<void>
}

/** A hub as a process of its own, so that it can be killed. */
export async function startHub(stage: Stage): Promise<DemoHub> {
  let child = await launch(stage)
  process.once('exit', () => child.process.kill('SIGTERM')) // However the demonstration ends.
  const token = (await readFile(join(stage.data, 'token'), 'utf8')).trim()
  return {
    client: new HubClient({ endpointFile: join(stage.data, 'run', 'endpoint'), token }, 60_000),
    link: child.link,
    kill: () => void child.process.kill('SIGKILL'),
    restart: async () => {
      child = await launch(stage)
    },
    stop: async () => {
      if (child.process.exitCode !== null || child.process.signalCode !== null) return
      child.process.kill('SIGTERM')
      await new Promise((resolve) => child.process.once('exit', resolve))
    },
  }
}

async function launch(stage: Stage): Promise<{ process: ChildProcess; link: string }> {
  const args = [
    join(codeRoot, 'bin', 'switchyard.js'),
    'start',
    '--port',
    '0',
    '--data',
    stage.data,
    '--log-level',
    'warn',
  ]
  const hub = spawn(process.execPath, args, {
    env: ownEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<never>((_resolve, reject) =>
    hub.once('exit', (code) =>
      reject(new HubError('unavailable', `the hub ended at once, with exit code ${code}`)),
    ),
  )
  const ready = (async () => {
    for await (const line of createInterface({ input: hub.stdout })) {
      const link = /^sign in: (.+)$/.exec(line)?.[1]
      if (link) return link
    }
    return ended
  })()
  const link = await Promise.race([ready, ended])
  ended.catch(() => undefined) // From here on the hub may end as it likes.
  return { process: hub, link }
}

/** How the machine isolates, and the pod that a demonstration may run in, whose end it is to share. */
const kept = ['SWITCHYARD_ISOLATION', 'SWITCHYARD_POD']

/** Settings of other hubs are none of this one's. */
const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('SWITCHYARD_') || kept.includes(name),
    ),
  )
