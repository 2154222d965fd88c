import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { CommandName } from './commands.ts'
import { commandNamed, commands } from './commands.ts'
import { exitCodeOf, printError } from './output.ts'

type Run = (args: string[]) => Promise<number>

// Each command is loaded when it is used: `switchyard call` must not pay for the hub.
const runs: Record<CommandName, Run> = {
  start: async (args) => (await import('./start.ts')).start(args),
  stdio: async (args) => (await import('./stdio.ts')).stdio(args),
  call: async (args) => (await import('./call.ts')).call(args),
  tools: async (args) => (await import('./tools.ts')).tools(args),
  watch: async (args) => (await import('./watch.ts')).watch(args),
  approvals: async (args) => (await import('./approvals.ts')).approvals(args),
  approve: async (args) => (await import('./approvals.ts')).approve(args),
  deny: async (args) => (await import('./approvals.ts')).deny(args),
  login: async (args) => (await import('./login.ts')).login(args),
  connect: async (args) => (await import('./connect.ts')).connect(args),
  doctor: async (args) => (await import('./doctor.ts')).doctor(args),
  backup: async (args) => (await import('./backup.ts')).backup(args),
  restore: async (args) => (await import('./restore.ts')).restore(args),
  completion: async (args) => (await import('./complete.ts')).completion(args),
  agent: async (args) => (await import('./agent.ts')).agent(args),
  demo: async (args) => (await import('./demo.ts')).demo(args),
}

/** The command line. Exit codes: 0 ok, 2 usage, 3 denied, 4 unreachable, 5 the tool failed. */
export async function main(args: string[]): Promise<number> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0) // Whoever read our output has seen enough, as `head` does.
  })
  try {
    return await run(args)
  } catch (error) {
    printError(error)
    return exitCodeOf(error)
  }
}

async function run(args: string[]): Promise<number> {
  const { shared, name, rest } = atCommand(args)
  if (name === 'complete') return (await import('./complete.ts')).complete(rest) // For shells only, and so not listed.
  if (name === '--version' || name === '-v') return await printVersion()
  const help = await import('./help.ts')
  const isHelp = name === 'help' || name === '--help' || name === '-h'
  if (name === undefined || (isHelp && rest[0] === undefined)) {
    process.stdout.write(help.usage())
    return name === undefined ? 2 : 0
  }
  const [asked, ...others] = isHelp ? rest : [name, ...rest]
  if (!isCommand(asked)) throw unknownCommand(asked ?? '')
  if (isHelp || help.asksForHelp(asked, others)) {
    const given = [...shared, ...others]
    if (asked === 'call') return (await import('./call.ts')).helpOfCall(given)
    process.stdout.write(help.commandHelp(asked))
    return 0
  }
  return await runs[asked]([...shared, ...others])
}

/** The command, and what every command takes and may be given before it. */
function atCommand(args: string[]): { shared: string[]; name: string | undefined; rest: string[] } {
  const [first = '', second] = args
  const isData = first === '--data' && second !== undefined
  if (!isData && !first.startsWith('--data='))
    return { shared: [], name: args[0], rest: args.slice(1) }
  const { shared, name, rest } = atCommand(args.slice(isData ? 2 : 1))
  return { shared: [isData ? `--data=${second}` : first, ...shared], name, rest }
}

const isCommand = (name: string | undefined): name is CommandName =>
  name !== undefined && commandNamed(name) !== undefined

function unknownCommand(name: string): HubError {
  if (name === '--data')
    return new HubError('invalid', '--data needs a value', {
      hint: 'switchyard --data DIR COMMAND',
    })
  if (name.startsWith('-'))
    return new HubError('invalid', `there is no option ${name} before a command`, {
      hint: 'Give it after the command; only --data may stand before it.',
    })
  const close = nearest(name, Object.keys(commands))
  return new HubError('invalid', `there is no command ${JSON.stringify(name)}`, {
    hint: close ? `Did you mean ${close}?` : 'See `switchyard help`.',
  })
}

async function printVersion(): Promise<number> {
  const { manifest } = await import('../../servers/kit/code-root.ts')
  process.stdout.write(`${manifest.version}\n`)
  return 0
}
