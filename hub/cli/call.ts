import type { Settings } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Given, Listed } from './arguments.ts'
import { toArguments, toolNamed } from './arguments.ts'
import { commandHelp } from './help.ts'
import { printResult } from './output.ts'
import { clientFor, parseSettings } from './settings.ts'
import { describe } from './tools.ts'

/** `switchyard call TOOL --arg value …`: one tool call, its result as JSON on standard output. */
export async function call(args: string[]): Promise<number> {
  const { name, own, options } = split(args)
  if (name === undefined) {
    throw new HubError('invalid', 'call needs the name of a tool', {
      hint: 'switchyard call TOOL --arg value; `switchyard tools` lists them.',
    })
  }
  const { settings } = parseSettings('call', own)
  const client = clientFor(settings)
  const tool = toolNamed(await client.listTools<Listed>(), name)
  printResult(await client.call(name, toArguments(tool, options), { timeoutMs: 600_000 }))
  return 0
}

/** `switchyard call [TOOL] --help`: also what the tool takes, which only a hub that runs can say. */
export async function helpOfCall(args: string[]): Promise<number> {
  const { name, own } = split(args.filter((arg) => arg !== '--help' && arg !== '-h'))
  process.stdout.write(commandHelp('call'))
  if (name === undefined) return 0
  const { settings } = parseSettings('call', own)
  const listed = await listTools(settings).catch((error: unknown) => {
    if (error instanceof HubError && error.code === 'unavailable') return undefined
    throw error
  })
  process.stdout.write(
    listed
      ? `\n${describe(toolNamed(listed, name))}`
      : `\nNo hub runs that could say what ${name} takes.\n`,
  )
  return 0
}

const listTools = async (settings: Settings) =>
  await clientFor(settings).listTools<Listed>({ timeoutMs: 5000 })

/** Takes the tool and the command's own options out; everything else belongs to the tool. */
function split(args: string[]): { name: string | undefined; own: string[]; options: Given[] } {
  const own: string[] = []
  const options: Given[] = []
  let name: string | undefined
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? ''
    if (!arg.startsWith('-') && name === undefined) {
      name = arg
      continue
    }
    if (!arg.startsWith('--'))
      throw new HubError('invalid', `${JSON.stringify(arg)} is not an option`, {
        hint: 'Arguments are given as --name value.',
      })
    const equals = arg.indexOf('=')
    const option = equals < 0 ? arg.slice(2) : arg.slice(2, equals)
    const next = args[index + 1]
    const value =
      equals >= 0
        ? arg.slice(equals + 1)
        : next !== undefined && !next.startsWith('--')
          ? args[++index]
          : undefined
    if (option === 'data') own.push(value === undefined ? '--data' : `--data=${value}`)
    else options.push({ name: option, value })
  }
  return { name, own, options }
}
