import { commandNamed, commands } from './commands.ts'
import { optionsOf, usageOf } from './options.ts'

/** All commands, a line each. */
export const usage = (): string =>
  [
    'switchyard COMMAND [options]',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`),
    '',
    '`switchyard COMMAND --help` says what a command takes; `switchyard --version` which version this is.',
    'Option of every command that works with data, also before it: --data DIR (default .switchyard), or SWITCHYARD_DATA.',
    '',
  ].join('\n')

/** One command: how it is used, and its options, a line each. */
export function commandHelp(name: string): string {
  const options = Object.entries(optionsOf(name)).map(
    ([option, { about, value, choices = [] }]) => {
      const given = choices.length > 0 ? choices.join('|') : value
      return [`--${option}${given ? ` ${given}` : ''}`, about]
    },
  )
  const width = Math.max(...options.map(([option = '']) => option.length), 0)
  const lines = options.map(([option = '', about = '']) => `  ${option.padEnd(width)}  ${about}`)
  return [usageOf(name), commandNamed(name)?.summary ?? '', '', ...lines, ''].join('\n')
}

/** Whether the help of the command is asked for; further on in a call, `-h` is the value of an argument. */
export const asksForHelp = (name: string, args: string[]): boolean =>
  args.includes('--help') ||
  (name === 'call'
    ? args[0] === '-h' || (isName(args[0]) && args[1] === '-h')
    : args.includes('-h'))

const isName = (word: string | undefined): boolean => word !== undefined && !word.startsWith('-')
