import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Registry } from '../hub/calls/registry.ts'
import { describedHubServer } from '../hub/tools/index.ts'
import { Settings } from '../schemas/config.ts'
import { servers } from '../servers/index.ts'
import type { Tool } from '../servers/kit/tool.ts'

// Writes the generated parts of the documentation; with --check it only says whether they are stale.
type Schema = {
  type?: string
  enum?: string[]
  description?: string
  default?: unknown
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
}

const root = join(import.meta.dirname, '..')
const registry = new Registry([...servers, describedHubServer()])
const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function toolReference(): string {
  const parts = registry.servers.map(({ title, name, description, tools }) => {
    const shown = tools.filter((tool) => tool.scope !== 'system')
    return [
      `## ${title}`,
      '',
      `${description} Alone at \`/mcp/${name}\`.`,
      '',
      ...shown.flatMap(toolSection),
    ].join('\n')
  })
  return `# Tools\n\nGenerated from the definitions; \`npm run fix\` writes it anew.\n\n${parts.join('\n')}`
}

function toolSection(tool: Tool): string[] {
  const schema = tool.inputSchema() as Schema
  const rows = Object.entries(schema.properties ?? {}).map(([field, property]) => {
    const type = property.enum
      ? property.enum.join(' \\| ')
      : (property.type ?? property.anyOf?.map((option) => option.type).join(' \\| ') ?? 'any')
    const preset =
      property.default === undefined
        ? schema.required?.includes(field)
          ? 'required'
          : ''
        : `default \`${JSON.stringify(property.default)}\``
    return `| \`${field}\` | ${type} | ${preset} | ${property.description ?? ''} |`
  })
  return [
    `### ${tool.name}`,
    '',
    `${tool.description} Effect: ${tool.effect}; scope: \`${tool.scope}\`.`,
    '',
    ...(rows.length > 0 ? ['| field | type | | |', '|---|---|---|---|', ...rows, ''] : []),
  ]
}

function settingsTable(): string {
  const { properties = {} } = z.toJSONSchema(Settings, {
    io: 'input',
    unrepresentable: 'any',
  }) as Schema
  const rows = Object.entries(properties).map(([name, { description, default: preset }]) => {
    const variable = `SWITCHYARD_${kebab(name).replaceAll('-', '_').toUpperCase()}`
    return `| \`--${kebab(name)}\` | \`${variable}\` | \`${shown(preset)}\` | ${description} |`
  })
  return ['| option | variable | default | |', '|---|---|---|---|', ...rows].join('\n')
}

const shown = (preset: unknown) =>
  preset === undefined || preset === ''
    ? '–'
    : typeof preset === 'string'
      ? preset
      : JSON.stringify(preset)

const between = (text: string, name: string, content: string) =>
  text.replace(
    new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`),
    (_all, start: string, end: string) => `${start}\n${content}\n\n${end}`,
  )

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const wanted: [string, string][] = [
  ['docs/tools.md', toolReference()],
  ['README.md', between(readme, 'settings', settingsTable())],
]

const stale = wanted.filter(([file, text]) => {
  try {
    return readFileSync(join(root, file), 'utf8') !== text
  } catch {
    return true // Missing is stale.
  }
})
if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} is stale: run \`npm run fix\``)
  process.exit(stale.length > 0 ? 1 : 0)
}
for (const [file, text] of stale) writeFileSync(join(root, file), text)
