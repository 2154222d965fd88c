import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { manifest } from '../servers/kit/code-root.ts'
import { bundleAgent } from './agent-bundle.ts'
import { bundle } from './bundle.ts'
import { agentConfig, agentLayers } from './image/agent.ts'
import type { ImageConfig } from './image/archive.ts'
import { writeArchive } from './image/archive.ts'
import { hubConfig, hubLayers } from './image/hub.ts'
import { writeLayer } from './image/layer.ts'
import type { Tree } from './image/tree.ts'

const usage = `npm run image -- agent|hub --out FILE.tar [--base FOLDER|none] [--name NAME]

Writes the image of the agent, or of the hub, as an OCI archive, without a registry, Docker or root.
  --base  for the agent: folder with a root file system that has git and sh; none: the programs of this machine
  --name  complete name of the image; default docker.io/switchyard/agent:VERSION or …/hub:VERSION
`

if (import.meta.main) await main()

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, base: { type: 'string' }, name: { type: 'string' } },
  })
  const [kind = ''] = positionals
  const { out, base = 'none', name = `docker.io/switchyard/${kind}:${manifest.version}` } = values
  const isKnown = kind === 'agent' || (kind === 'hub' && values.base === undefined)
  if (!isKnown || positionals.length > 1 || out === undefined) {
    process.stderr.write(usage)
    process.exitCode = 2
    return
  }
  const digest =
    kind === 'hub'
      ? await hubImage(resolve(out), name)
      : await agentImage(resolve(out), { base: base === 'none' ? undefined : base, name })
  const megabytes = (statSync(out).size / 1024 / 1024).toFixed(0)
  console.log(`${name.replace(/:[^:/]*$/, '')}@${digest}\n${name} in ${out}, ${megabytes} MiB`)
}

/** Writes the archive and returns the digest: the same sources and programs make the same one. */
export function agentImage(
  out: string,
  { base, name }: { base: string | undefined; name: string },
): Promise<string> {
  return writeImage(out, name, async (folder) => {
    const bundleFolder = join(folder, 'agent')
    await bundleAgent(bundleFolder)
    return { trees: agentLayers(bundleFolder, base), config: agentConfig(manifest.version) }
  })
}

/** The same for the hub, with its dashboard. */
export function hubImage(out: string, name: string): Promise<string> {
  return writeImage(out, name, async () => {
    await bundle()
    return { trees: hubLayers(), config: hubConfig(manifest.version) }
  })
}

async function writeImage(
  out: string,
  name: string,
  make: (folder: string) => Promise<{ trees: Tree[]; config: ImageConfig }>,
): Promise<string> {
  if (process.platform !== 'linux')
    throw new Error('images are made on Linux, whose programs they hold')
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-image-'))
  try {
    const { trees, config } = await make(folder)
    const layers = []
    for (const [number, tree] of trees.entries())
      layers.push(await writeLayer(tree, join(folder, `layer-${number}`)))
    return await writeArchive(out, { name, config, layers })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
