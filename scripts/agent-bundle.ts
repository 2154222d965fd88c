import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { codeRoot } from '../servers/kit/code-root.ts'

/** Packages that load files of their own, which a bundle would not find. */
const apart = ['dictionary-en']

if (import.meta.main) await bundleAgent(resolve(process.argv[2] ?? 'dist-agent'))

/** Writes the agent alone, with the libraries that it uses, into a folder that Node runs as it is. */
export async function bundleAgent(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const made = await rolldown({
    cwd: codeRoot,
    input: { agent: 'agent/main.ts' },
    platform: 'node',
    external: apart,
  })
  await made.write({ dir: folder, format: 'esm', entryFileNames: '[name].js' })
  await made.close()
  for (const name of apart) {
    const source = dirname(fileURLToPath(import.meta.resolve(name)))
    cpSync(source, join(folder, 'node_modules', name), { recursive: true })
  }
  writeFileSync(join(folder, 'package.json'), '{"name":"switchyard-agent","type":"module"}\n')
}
