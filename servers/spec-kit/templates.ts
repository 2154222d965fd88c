import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { yaml } from '../kit/lazy.ts'
import { HubError } from '../../schemas/errors.ts'
import { readIfThere } from '../kit/files/text-file.ts'
import type { ProjectFolder } from './project.ts'
import { insideProject } from './project.ts'

type Strategy = 'replace' | 'prepend' | 'append' | 'wrap'
type Layer = { source: string; strategy: Strategy; text: string }

const placeholder = '{CORE_TEMPLATE}'
const plainId = /^[a-z0-9-]+$/

/**
 * The text a new document starts from, found as Spec-Kit finds it: the project's override, then
 * presets by priority (which may replace, prepend, append or wrap), then extensions, then core.
 * Undefined where the project has no such template.
 */
export async function resolveTemplate(
  project: ProjectFolder,
  name: string,
): Promise<{ text: string; sources: string[] } | undefined> {
  const read = async (path: string): Promise<string | undefined> =>
    readIfThere(await insideProject(project, path))
  const { root } = project
  const override = await read(`.specify/templates/overrides/${name}.md`)
  if (override !== undefined)
    return { text: override, sources: [`.specify/templates/overrides/${name}.md`] }
  const layers: Layer[] = []
  for (const id of await rankedIds(root, 'presets')) {
    const layer = await presetLayer(root, id, name, read)
    if (layer) layers.push(layer)
    if (layer?.strategy === 'replace') return compose(layers, name)
  }
  for (const id of await rankedIds(root, 'extensions')) {
    const layer = await firstOf(read, [
      `.specify/extensions/${id}/templates/${name}.md`,
      `.specify/extensions/${id}/${name}.md`,
    ])
    if (layer) return compose([...layers, layer], name)
  }
  const core = await firstOf(read, [`.specify/templates/${name}.md`])
  if (core) layers.push(core)
  return layers.length === 0 ? undefined : compose(layers, name)
}

type Read = (path: string) => Promise<string | undefined>

async function firstOf(read: Read, paths: string[]): Promise<Layer | undefined> {
  for (const source of paths) {
    const text = await read(source)
    if (text !== undefined) return { source, strategy: 'replace', text }
  }
  return undefined
}

/** From the base upwards; a wrapper has its placeholder replaced once, left to right. */
function compose(layers: Layer[], name: string): { text: string; sources: string[] } {
  const base = layers.findIndex(({ strategy }) => strategy === 'replace')
  const used = layers.slice(0, base + 1)
  if (base < 0) {
    throw new HubError(
      'invalid',
      `template ${name} has layers that add to another, and no template to add to`,
      {
        hint: 'Put one into .specify/templates, or change the strategy of a preset.',
      },
    )
  }
  const text = used.toReversed().reduce((below, layer) => {
    switch (layer.strategy) {
      case 'replace':
        return layer.text
      case 'prepend':
        return `${layer.text}\n\n${below}`
      case 'append':
        return `${below}\n\n${layer.text}`
      case 'wrap':
        if (layer.text.includes(placeholder)) return layer.text.split(placeholder).join(below)
        throw new HubError('invalid', `${layer.source} wraps, and has no ${placeholder} in it`)
    }
  }, '')
  return { text, sources: used.map(({ source }) => source) }
}

const Registered = z.record(
  z.string(),
  z.looseObject({ priority: z.unknown().optional(), enabled: z.unknown().optional() }),
)
const Registry = z.looseObject({
  presets: Registered.optional(),
  extensions: Registered.optional(),
})

/** Enabled ids, lowest priority number first. Extensions that are not registered count as 10. */
async function rankedIds(root: string, kind: 'presets' | 'extensions'): Promise<string[]> {
  const folder = join(root, '.specify', kind)
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []) // None installed.
  const folders = found
    .filter((entry) => entry.isDirectory() && plainId.test(entry.name))
    .map(({ name }) => name)
  const text = readIfThere(join(folder, '.registry'))
  if (text === undefined) return folders.sort()
  const registered = readRegistry(text, join('.specify', kind, '.registry'))[kind] ?? {}
  const ranked = Object.entries(registered)
    .filter(([id, { enabled }]) => plainId.test(id) && enabled !== false && enabled !== 0)
    .map(([id, { priority }]) => ({ id, priority: rankOf(priority) }))
  const others =
    kind === 'extensions'
      ? folders.filter((id) => !(id in registered)).map((id) => ({ id, priority: 10 }))
      : []
  return [...ranked, ...others]
    .sort((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id)
}

const rankOf = (priority: unknown): number => {
  const value = typeof priority === 'boolean' ? Number.NaN : Math.trunc(Number(priority))
  return value >= 1 ? value : 10
}

function readRegistry(text: string, shown: string): z.infer<typeof Registry> {
  try {
    return Registry.parse(JSON.parse(text))
  } catch (error) {
    throw new HubError('invalid', `${shown} is not a registry of Spec-Kit`, { cause: error })
  }
}

const Manifest = z.looseObject({
  provides: z.looseObject({
    templates: z.array(
      z.looseObject({
        type: z.enum(['template', 'command', 'script']),
        name: z.string(),
        file: z.string(),
        strategy: z
          .string()
          .toLowerCase()
          .pipe(z.enum(['replace', 'prepend', 'append', 'wrap']))
          .default('replace'),
      }),
    ),
  }),
})

async function presetLayer(
  root: string,
  id: string,
  name: string,
  read: Read,
): Promise<Layer | undefined> {
  const folder = `.specify/presets/${id}`
  const manifest = await read(`${folder}/preset.yml`)
  const declared =
    manifest === undefined ? undefined : declaredTemplate(manifest, name, `${folder}/preset.yml`)
  if (!declared) return firstOf(read, [`${folder}/templates/${name}.md`, `${folder}/${name}.md`])
  const text = await read(`${folder}/${declared.file}`)
  return text === undefined
    ? undefined
    : { source: `${folder}/${declared.file}`, strategy: declared.strategy, text }
}

function declaredTemplate(text: string, name: string, shown: string) {
  try {
    const { provides } = Manifest.parse(yaml().parse(text))
    return provides.templates.find((entry) => entry.type === 'template' && entry.name === name)
  } catch (error) {
    throw new HubError(
      'invalid',
      `${shown} is not a preset of Spec-Kit: ${String(error).slice(0, 300)}`,
      { cause: error },
    )
  }
}
