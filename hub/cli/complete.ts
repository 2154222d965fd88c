import { join } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { Settings } from '../../schemas/config.ts'
import { codeRoot } from '../../servers/kit/code-root.ts'
import type { Listed } from './call.ts'
import { clients } from './connect.ts'
import { clientFor, parseSettings } from './settings.ts'

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
  const script = scripts[args[0] ?? '']
  if (script === undefined)
    throw new HubError('invalid', 'completion for which shell?', {
      hint: `One of ${Object.keys(scripts).join(', ')}: eval "$(switchyard completion bash)"`,
    })
  process.stdout.write(`${script.replace('@self', self)}\n`)
  return 0
}

/** `switchyard complete -- WORD …`: what the last word may become, a line each. */
export async function complete(args: string[], commands: string[]): Promise<number> {
  const words = args[0] === '--' ? args.slice(1) : args
  const last = words.at(-1) ?? ''
  const found = (await candidates(words.slice(0, -1), commands)).filter((word) =>
    word.startsWith(last),
  )
  if (found.length > 0) process.stdout.write(`${found.join('\n')}\n`)
  return 0
}

async function candidates(before: string[], commands: string[]): Promise<string[]> {
  const [command, name] = before
  if (command === undefined) return commands
  if (command === 'connect' && before.length === 1) return Object.keys(clients)
  if (command === 'completion') return Object.keys(scripts)
  if (command !== 'call' && command !== 'tools') return ownOptions
  // Only a hub that runs knows its tools; without one there is nothing to suggest.
  const { settings } = parseSettings([], {})
  const tools = await clientFor(settings)
    .listTools<Listed>({ timeoutMs: 2000 })
    .catch(() => [])
  if (name === undefined) return tools.map((tool) => tool.name)
  const tool = tools.find((listed) => listed.name === name)
  const fields = Object.keys(tool?.inputSchema.properties ?? {})
  return ['--json', ...fields.map((field) => `--${field.replaceAll('_', '-')}`)]
}

const ownOptions = Object.keys(Settings.shape).map(
  (name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
)
