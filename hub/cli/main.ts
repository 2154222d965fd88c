import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import { exitCodeOf, printError } from './output.ts'

type Command = { summary: string; run(args: string[]): Promise<number> }

// Each command is loaded when it is used: `switchyard call` must not pay for the hub.
const commands: Record<string, Command> = {
  start: {
    summary: 'start the hub',
    run: async (args) => (await import('./start.ts')).start(args),
  },
  stdio: {
    summary: 'serve MCP over standard input and output',
    run: async (args) => (await import('./stdio.ts')).stdio(args),
  },
  call: {
    summary: "call a tool: call TOOL --arg value, or --json '{…}'",
    run: async (args) => (await import('./call.ts')).call(args),
  },
  tools: {
    summary: 'list the tools, or show one: tools [NAME] [--json]',
    run: async (args) => (await import('./tools.ts')).tools(args),
  },
  watch: {
    summary: 'follow a task: watch TASK',
    run: async (args) => (await import('./watch.ts')).watch(args),
  },
  approvals: {
    summary: 'what waits for an answer: approvals [ID] [--task TASK] [--all] [--grants] [--link]',
    run: async (args) => (await import('./approvals.ts')).approvals(args),
  },
  approve: {
    summary: 'answer yes: approve ID [--scope once|task|rule] [--reason TEXT]',
    run: async (args) => (await import('./approvals.ts')).approve(args),
  },
  deny: {
    summary: 'answer no, with the reason that the agent reads: deny ID --reason TEXT',
    run: async (args) => (await import('./approvals.ts')).deny(args),
  },
  login: {
    summary: 'a link that signs a browser in, or the hub at a server: login [SERVER]',
    run: async (args) => (await import('./login.ts')).login(args),
  },
  connect: {
    summary: 'tell a client of this hub: connect cursor [--write]',
    run: async (args) => (await import('./connect.ts')).connect(args),
  },
  doctor: {
    summary: 'say what is wrong with a data directory: doctor [--salvage NEWDIR] [--json]',
    run: async (args) => (await import('./doctor.ts')).doctor(args),
  },
  backup: {
    summary: 'put all of a data directory into one file: backup FILE',
    run: async (args) => (await import('./backup.ts')).backup(args),
  },
  restore: {
    summary: 'make a data directory from a backup: restore FILE [--force]',
    run: async (args) => (await import('./restore.ts')).restore(args),
  },
  completion: {
    summary: 'print the completion script of a shell: bash, zsh or fish',
    run: async (args) => (await import('./complete.ts')).completion(args),
  },
  agent: {
    summary: 'run a long-lived agent: agent [--org ORG]',
    run: async (args) => (await import('./agent.ts')).agent(args),
  },
  demo: {
    summary: 'show a whole task on a small repository, offline',
    run: async (args) => (await import('./demo.ts')).demo(args),
  },
}

/** The command line. Exit codes: 0 ok, 2 usage, 3 denied, 4 unreachable, 5 the tool failed. */
export async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(usage())
    return name === undefined ? 2 : 0
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0) // Whoever read our output has seen enough, as `head` does.
  })
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  try {
    // Asked by the shells' scripts only, and so not listed.
    if (name === 'complete')
      return await (await import('./complete.ts')).complete(rest, Object.keys(commands))
    if (command) return await command.run(rest)
    const close = nearest(name, Object.keys(commands))
    throw new HubError('invalid', `there is no command ${JSON.stringify(name)}`, {
      hint: close ? `Did you mean ${close}?` : 'See `switchyard help`.',
    })
  } catch (error) {
    printError(error)
    return exitCodeOf(error)
  }
}

const usage = () =>
  [
    'switchyard COMMAND [options]',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`),
    '',
    'Options of every command: --data DIR (default .switchyard), or SWITCHYARD_DATA.',
    '',
  ].join('\n')
