import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { rolldown } from 'rolldown'
import { bundleFolder, bundleKey, bundleKeyFile } from '../hub/bundle.ts'
import { buildWeb } from '../hub/cli/build-web.ts'
import { makeHubServer } from '../hub/tools/index.ts'
import { servers } from '../servers/index.ts'
import type { PreparedSchemas } from '../servers/kit/tool.ts'
import { preparedSchemasFile } from '../servers/kit/tool.ts'

// `npm ci` runs this: the dashboard, and the hub, the command line and the agent as one bundle.
const key = bundleKey()
rmSync(bundleFolder, { recursive: true, force: true })
mkdirSync(bundleFolder)
await buildWeb(console.log)
const bundle = await rolldown({
  input: { hub: 'hub/main.ts', agent: 'agent/main.ts' },
  platform: 'node',
  external: [/^better-sqlite3/, /^sqlite-vec/, /^@vscode\/tree-sitter-wasm/], // They bring files of their own.
})
await bundle.write({ dir: bundleFolder, format: 'esm', entryFileNames: '[name].js' })
await bundle.close()
const unasked = () => {
  throw new Error('only the schemas are asked for')
}
const all = [...servers, makeHubServer({ upstreams: unasked, visible: unasked })]
const schemas: PreparedSchemas = Object.fromEntries(
  all.flatMap(({ tools }) =>
    tools.map((tool) => [tool.name, { input: tool.inputSchema(), output: tool.outputSchema() }]),
  ),
)
writeFileSync(preparedSchemasFile, JSON.stringify(schemas))
writeFileSync(bundleKeyFile, key)
