import type { Listed } from './arguments.ts'
import { optionOf, toolNamed } from './arguments.ts'
import { printJson } from './output.ts'
import { clientFor, parseSettings } from './settings.ts'
import { shapeText } from './shapes.ts'

/** `switchyard tools [NAME] [--json]`: what may be called, or how one tool is called. */
export async function tools(args: string[]): Promise<number> {
  const { settings, values, positionals } = parseSettings('tools', args)
  const listed = await clientFor(settings).listTools<Listed>()
  const [name] = positionals
  const shown = name === undefined ? listed : [toolNamed(listed, name)]
  if (values.json) printJson(shown)
  else if (name === undefined)
    for (const tool of shown) process.stdout.write(`${tool.name.padEnd(20)} ${tool.title}\n`)
  else for (const tool of shown) process.stdout.write(describe(tool))
  return 0
}

/** A tool in words: what it does, then each option, what it is for and what it takes. */
export function describe({ name, description, inputSchema }: Listed): string {
  const required = inputSchema.required ?? []
  const fields = Object.entries(inputSchema.properties ?? {}).flatMap(([field, shape]) => {
    const option = `${optionOf(field)}${required.includes(field) ? ' (required)' : ''}`
    return [
      `  ${option.padEnd(28)} ${shape.description ?? ''}`,
      `  ${' '.repeat(28)} ${shapeText(shape)}`,
    ]
  })
  return [name, description, '', ...fields, ''].join('\n')
}
