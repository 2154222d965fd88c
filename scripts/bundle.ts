import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { rolldown } from 'rolldown'
import { bundleKey, bundleKeyFile, isBundleFresh } from '../hub/bundle.ts'
import { buildWeb } from '../hub/cli/build-web.ts'
import { describedHubServer } from '../hub/tools/index.ts'
import { servers } from '../servers/index.ts'
import { bundleFolder, codeRoot } from '../servers/kit/code-root.ts'
import type { PreparedSchemas } from '../servers/kit/tool.ts'
import { preparedSchemasFile } from '../servers/kit/tool.ts'

/** Packages that load files of their own, which a bundle would not find. */
const external = [/^better-sqlite3/, /^sqlite-vec/, /^@vscode\/tree-sitter-wasm/, /^jsonc-parser/]
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
  })
  await made.close()
  for (const file of output)
    if (file.type === 'chunk' && relativeRequire.test(file.code))
      throw new Error(`${file.fileName} would load files that are not in the bundle`)
  writeFileSync(preparedSchemasFile, JSON.stringify(schemasOfAll()))
  writeFileSync(bundleKeyFile, key)
}

function schemasOfAll(): PreparedSchemas {
  const all = [...servers, describedHubServer()]
  return Object.fromEntries(
    all.flatMap(({ tools }) =>
      tools.map((tool) => [tool.name, { input: tool.inputSchema(), output: tool.outputSchema() }]),
    ),
  )
}
