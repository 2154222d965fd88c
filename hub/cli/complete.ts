import { join } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { codeRoot } from '../../servers/kit/code-root.ts'
import { optionOf } from './arguments.ts'
import { commandNamed, commands } from './commands.ts'
import { clients } from './connect.ts'
import { Offers } from './offers.ts'
import { optionsOf, parseOptions } from './options.ts'
import { choicesOf } from './shapes.ts'

// The program itself, wherever the name leads: it may be an alias.
const self = `"${process.execPath}" "${join(codeRoot, 'bin', 'switchyard.js')}"`

const scripts: Record<string, string> = {
  bash: [
    '_switchyard() {',
    "  local IFS=$'\\n'",
    '  COMPREPLY=($(@self complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))',
    '}',
    'complete -o default -F _switchyard switchyard',
  ].join('\n'),
  zsh: [
    '#compdef switchyard',
    '_switchyard() {',
    '  local -a found',
    '  found=("${(@f)$(@self complete -- "${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")',
    '  compadd -a found',
    '}',
    'compdef _switchyard switchyard',
  ].join('\n'),
  fish: "complete -c switchyard -f -a '(@self complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'",
}

/** `switchyard completion SHELL`: the script that a shell is to read. */
export async function completion(args: string[]): Promise<number> {
  const [shell = ''] = parseOptions('completion', args).positionals
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined
  if (script === undefined)
    throw new HubError('invalid', 'completion for which shell?', {
      hint: `One of ${Object.keys(scripts).join(', ')}: eval "$(switchyard completion bash)"`,
    })
  process.stdout.write(`${script.replace('@self', self)}\n`)
  return 0
}

/** `switchyard complete -- WORD …`: what the last word may become, a line each. */
export async function complete(args: string[]): Promise<number> {
  const words = args[0] === '--' ? args.slice(1) : args
  // bash takes `--option=value` apart at the sign, and the value alone is what may follow.
  const last = words.at(-1)?.replace(/^=$/, '') ?? ''
  const before = words.slice(0, -1).filter((word) => word !== '=')
  const found = (await candidates(typed(before), last)).filter((word) => word.startsWith(last))
  if (found.length > 0) process.stdout.write(`${found.join('\n')}\n`)
  return 0
}

type Typed = { data: string | undefined; words: string[] }

/** What stands before the word, without where the data is, which may be anywhere in it. */
function typed(before: string[]): Typed {
  const result: Typed = { data: undefined, words: [] }
  for (let index = 0; index < before.length; index++) {
    const word = before[index] ?? ''
    if (word.startsWith('--data=')) result.data = word.slice('--data='.length)
    else if (word === '--data' && index + 1 < before.length) result.data = before[++index]
    else result.words.push(word)
  }
  return result
}

async function candidates({ data, words }: Typed, last: string): Promise<string[]> {
  const [command, ...given] = words
  if (command === '--data') return [] // A folder, which the shell knows.
  if (command === undefined)
    return last.startsWith('-') ? ['--data', '--help', '--version'] : Object.keys(commands)
  const hub = new Offers(data)
  if (command === 'call' && !given.every((word) => word.startsWith('-')))
    return await argumentsOf(hub, given, last)
  const options = optionsOf(command)
  const before = given.at(-1) ?? ''
  const open = before.startsWith('--') ? options[before.slice(2)] : undefined
  if (open?.value !== undefined)
    return open.choices?.length ? [...open.choices] : await hub.named(open.value)
  const names = Object.keys(options).map((name) => `--${name}`)
  if (last.startsWith('-')) return names
  const taken = given.filter(
    (word, index) =>
      !word.startsWith('-') && !options[given[index - 1]?.replace(/^--/, '') ?? '']?.value,
  )
  const next = commandNamed(command)?.takes[taken.length]
  return next === undefined ? names : await offered(hub, next.replace(/[[\]]/g, ''))
}

async function offered(hub: Offers, kind: string): Promise<string[]> {
  if (kind === 'CLIENT') return Object.keys(clients)
  if (kind === 'SHELL') return Object.keys(scripts)
  return await hub.named(kind)
}

/** After `call TOOL`: its options, or the values that the one before may have. */
async function argumentsOf(hub: Offers, given: string[], last: string): Promise<string[]> {
  const tool = (await hub.tools()).find(({ name }) => given.includes(name))
  const properties = tool?.inputSchema.properties ?? {}
  const before = given.at(-1) ?? ''
  const field = before.startsWith('--') ? before.slice(2).replaceAll('-', '_') : ''
  const shape = Object.hasOwn(properties, field) ? properties[field] : undefined
  const options = ['--json', ...Object.keys(properties).map(optionOf)]
  if (!shape || last.startsWith('-')) return options
  if (shape.type === 'boolean') return ['yes', 'no', ...options] // It may also stand alone.
  const choices = choicesOf(shape.items ?? shape)
  return choices.length > 0 ? choices : await hub.named(field.toUpperCase())
}
