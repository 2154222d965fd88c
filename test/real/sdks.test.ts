import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { everythingStdio } from '../helpers/everything.ts'
import { makeFolder } from '../helpers/folder.ts'
import { until } from '../helpers/hub.ts'
import { startWith, states } from '../helpers/upstreams.ts'

// Clients and upstreams on the official SDKs of other languages, installed for the test.
const folder = join(import.meta.dirname, 'sdks')
const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0
const slow = { timeout: 300_000 }

type Said = {
  protocol?: string
  tools: string[]
  added: string
  counted?: string
  steps?: number[]
  note?: string
  prompt?: string
  greeted: string
}

describe.skipIf(!has('python3', '-m', 'venv', '--help'))('the Python SDK', () => {
  test('a client in either mode and an upstream, through the hub', slow, async () => {
    const venv = makeFolder()
    execFileSync('python3', ['-m', 'venv', venv])
    execFileSync(join(venv, 'bin', 'pip'), ['install', '-q', 'mcp==2.3.0'])
    const python = join(venv, 'bin', 'python')
    const hub = await startWith({
      py: { command: python, args: [join(folder, 'python', 'upstream.py'), 'stdio'] },
      up: everythingStdio('both'),
    })
    await until(async () => (await states(hub)).every(({ state }) => state === 'ready'), 60_000)
    for (const mode of ['auto', 'legacy']) {
      const args = [join(folder, 'python', 'client.py'), `${hub.url}/mcp`, hub.token, mode]
      const ran = await run(python, args)
      const said = JSON.parse(ran) as Said // Printed by the client.
      expect(said, mode).toMatchObject({
        protocol: mode === 'auto' ? '2026-07-28' : '2025-11-25',
        added: '42',
        counted: 'counted',
        steps: [1, 2, 3, 4, 5],
        note: 'written in Python',
        prompt: 'Review relays',
        greeted: 'Hello, Ada!',
      })
      expect(said.tools).toEqual(expect.arrayContaining(['py_add', 'py_greet', 'task_submit']))
    }
  })
})

describe.skipIf(!has('go', 'version'))('the Go SDK', () => {
  test('a client and an upstream, through the hub', slow, async () => {
    const work = makeFolder()
    cpSync(join(folder, 'go'), work, { recursive: true })
    const program = join(work, 'sdk')
    execFileSync('go', ['mod', 'tidy'], { cwd: work, stdio: 'pipe' })
    execFileSync('go', ['build', '-o', program, '.'], { cwd: work, stdio: 'pipe' })
    const hub = await startWith({
      go: { command: program, args: ['upstream'] },
      up: everythingStdio('both'),
    })
    await until(async () => (await states(hub)).every(({ state }) => state === 'ready'), 60_000)
    const said = JSON.parse(await run(program, ['client', `${hub.url}/mcp`, hub.token])) as Said // As above.
    expect(said).toMatchObject({ added: '{"sum":42}', greeted: 'Hello, Ada!' })
    expect(said.tools).toContain('go_add')
  })
})

/** What a program printed; its complaint when it failed. The hub runs in this process, so it may not be blocked. */
async function run(program: string, args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { timeout: 60_000 })
  return stdout
}
