import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { rolldown } from 'rolldown'
import { HubClient } from '../agent/hub-client.ts'
import { bundleKey, bundleKeyFile, isBundleFresh } from '../hub/bundle.ts'
import { buildWeb } from '../hub/cli/build-web.ts'
import { describedHubServer } from '../hub/tools/index.ts'
import { servers } from '../servers/index.ts'
import { bundleFolder, codeRoot } from '../servers/kit/code-root.ts'
import type { PreparedSchemas } from '../servers/kit/tool.ts'
import { preparedSchemasFile } from '../servers/kit/tool.ts'

/** Packages that load files of their own, which a bundle would not find. */
const external = [
  /^better-sqlite3/,
  /^sqlite-vec/,
  /^@vscode\/tree-sitter-wasm/,
  /^jsonc-parser/,
  /^dictionary-en/,
]
const relativeRequire = /\brequire\(["']\.{1,2}\//

// `npm ci` runs this.
if (import.meta.main) await bundle()

/** Makes the dashboard, and one bundle of the hub, the command line and the agent, unless they are there. */
export async function bundle(): Promise<void> {
  if (isBundleFresh()) return
  const key = bundleKey()
  rmSync(bundleFolder, { recursive: true, force: true })
  mkdirSync(bundleFolder)
  await buildWeb(console.log)
  const made = await rolldown({
    cwd: codeRoot,
    input: { hub: 'hub/main.ts', agent: 'agent/main.ts' },
    platform: 'node',
    external,
  })
  const { output } = await made.write({
    dir: bundleFolder,
    format: 'esm',
    entryFileNames: '[name].js',
    // Sources stay in memory while they run, and one character beyond Latin-1 doubles those of a file.
    charset: 'ascii',
    comments: { legal: true, annotation: false, jsdoc: false },
  })
  await made.close()
  for (const file of output)
    if (file.type === 'chunk' && relativeRequire.test(file.code))
      throw new Error(`${file.fileName} would load files that are not in the bundle`)
  writeFileSync(preparedSchemasFile, JSON.stringify(schemasOfAll()))
  writeFileSync(bundleKeyFile, key)
  await warm()
}

/**
 * Starts and ends it once, so that the first start of its user finds the code compiled: 50 ms less. That
 * is all it is for: where no hub can run now, one may still later.
 */
async function warm(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'switchyard-warm-'))
  const program = [
    '--max-semi-space-size=2',
    '--v8-pool-size=1',
    join(codeRoot, 'bin', 'switchyard.js'),
  ]
  const options = ['--port', '0', '--data', data, '--dispatch', 'off', '--log-level', 'silent']
  const child = spawn(process.execPath, [...program, 'start', ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 20_000,
  })
  const ended = new Promise((resolve) => child.once('close', resolve).once('error', resolve))
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('switchyard listening')) continue
      const token = readFileSync(join(data, 'token'), 'utf8').trim()
      await new HubClient({ endpointFile: join(data, 'run', 'endpoint'), token }).listTools()
      child.kill()
    }
  } catch (error) {
    console.log(`the first start will be a little slower: ${String(error)}`)
    child.kill()
  }
  await ended
  rmSync(data, { recursive: true, force: true })
}

function schemasOfAll(): PreparedSchemas {
  const all = [...servers, describedHubServer()]
  return Object.fromEntries(
    all.flatMap(({ tools }) =>
      tools.map((tool) => [tool.name, { input: tool.inputSchema(), output: tool.outputSchema() }]),
    ),
  )
}
