import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { codeRoot } from '../../servers/kit/code-root.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub } from '../helpers/hub.ts'

// Real clients' own programs, told of a hub by `switchyard connect`, without a model or an account.
const packages = [
  '@anthropic-ai/claude-code@2.1.330',
  '@openai/codex@0.169.0',
  'opencode-ai@1.18.33',
]
const installed = mkdtempSync(join(tmpdir(), 'switchyard-clients-'))
afterAll(() => rmSync(installed, { recursive: true, force: true }))
const bin = (name: string) => join(installed, 'node_modules', '.bin', name)

beforeAll(() => {
  writeFileSync(join(installed, 'package.json'), '{"private":true}')
  execFileSync('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: installed })
}, 300_000)

type Place = { folder: string; home: string; run(program: string, args: string[]): Promise<string> }

/** A hub, and a folder and a home in which the client is told of it. */
async function told(client: string): Promise<Place> {
  const hub = await startHub()
  const folder = makeFolder('work')
  const home = join(folder, 'home')
  mkdirSync(home)
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENAI_API_KEY: 'none',
  }
  const run = async (program: string, args: string[]) => {
    const running = promisify(execFile)(program, args, { cwd: folder, env, timeout: 60_000 })
    running.child.stdin?.end()
    const { stdout, stderr } = await running
    return stdout + stderr
  }
  const cli = join(codeRoot, 'bin', 'switchyard.js')
  await run(process.execPath, [cli, 'connect', client, '--write', '--data', hub.hub.dataDir])
  return { folder, home, run }
}

test('Claude Code connects', async () => {
  const { home, run } = await told('claude-code')
  mkdirSync(join(home, '.claude'))
  const settings = { enableAllProjectMcpServers: true } // What a person approves in its window.
  writeFileSync(join(home, '.claude', 'settings.json'), JSON.stringify(settings))
  expect(await run(bin('claude'), ['mcp', 'list'])).toMatch(/switchyard: .* ✔ Connected/)
})

test('opencode connects', async () => {
  const { run } = await told('opencode')
  expect(await run(bin('opencode'), ['mcp', 'list'])).toMatch(/✓ switchyard .*connected/)
})

test('Codex connects and offers the tools to its model', async () => {
  type Tool = { type: string; name?: string; tools?: { name: string }[] }
  let offered: Tool[] = []
  const model = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      if (request.url?.endsWith('/responses') === true)
        offered = (JSON.parse(text) as { tools: Tool[] }).tools // As OpenAI's Responses API has it.
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end('{"error":{"message":"no model here"}}')
    })
  })
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void model.close())
  const { port } = model.address() as AddressInfo // It listens on TCP.
  const { run } = await told('codex')
  const provider = `model_providers.own={name="own",base_url="http://127.0.0.1:${port}/v1",wire_api="responses",env_key="OPENAI_API_KEY",request_max_retries=0,stream_max_retries=0}`
  const settings = ['-c', provider, '-c', 'model_provider="own"', '-c', 'model="none"']
  const ended = run(bin('codex'), ['exec', '--skip-git-repo-check', ...settings, 'hello'])
  await expect(ended).rejects.toThrow() // It says that its model fails, which it does.
  const ours = offered.find(({ name }) => name === 'mcp__switchyard')
  expect(ours?.tools?.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['task_submit', 'context_search']),
  )
})
