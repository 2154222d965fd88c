import { HubError } from '../../schemas/errors.ts'
import type { Listed } from './call.ts'
import { printJson } from './output.ts'
import { clientFor, parseSettings } from './settings.ts'

/** `switchyard tools [NAME] [--json]`: what may be called, or how one tool is called. */
export async function tools(args: string[]): Promise<number> {
  const { settings, values, positionals } = parseSettings(args, { json: { type: 'boolean' } })
  const listed = await clientFor(settings).listTools<Listed>()
  const [name] = positionals
  const shown = name === undefined ? listed : listed.filter((tool) => tool.name === name)
  if (name !== undefined && shown.length === 0)
    throw new HubError('not_found', `there is no tool ${JSON.stringify(name)} that you may call`)
  if (values.json) printJson(shown)
  else if (name === undefined)
    for (const tool of shown) process.stdout.write(`${tool.name.padEnd(20)} ${tool.title}\n`)
  else for (const tool of shown) process.stdout.write(describe(tool))
  return 0
}

function describe({ name, description, inputSchema }: Listed): string {
  const required = inputSchema.required ?? []
  const fields = Object.entries(inputSchema.properties ?? {}).map(([field, property]) => {
    const option = `--${field.replaceAll('_', '-')}${required.includes(field) ? ' (required)' : ''}`
    return `  ${option.padEnd(28)} ${property.description ?? ''}`
  })
  return [name, description, '', ...fields, ''].join('\n')
}
