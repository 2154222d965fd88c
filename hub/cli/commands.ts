/** What an option takes; one that names no value is a yes. */
export type Option = { about: string; value?: string; choices?: readonly string[] }

export type Command = {
  summary: string
  /** Its arguments without a name, in order; one in brackets may be left out. */
  takes: readonly string[]
  /** The settings that it has as options besides its own: those of a hub, or where its data is. */
  settings: 'all' | 'data' | 'none'
  options: Readonly<Record<string, Option>>
}

const json = { about: 'Print JSON, for scripts' }
const view = { about: 'Tools that are shown: the few of daily use, or all', value: 'VIEW' }
const reason = { about: 'Why, for whoever asked and for the record', value: 'TEXT' }

/** Every command, with what it takes: usage, `--help`, completion and the reading of options follow it. */
export const commands = {
  start: { summary: 'start the hub', takes: [], settings: 'all', options: {} },
  stdio: {
    summary: 'serve MCP over standard input and output',
    takes: [],
    settings: 'all',
    options: {
      only: { about: 'Only the tools of one server behind the hub', value: 'SERVER' },
      view: { ...view, choices: ['lean', 'all'] },
    },
  },
  call: {
    summary: "call a tool: --arg value for each argument, or --json '{…}'",
    takes: ['TOOL'],
    settings: 'data',
    options: { json: { about: 'Arguments as one JSON object', value: 'OBJECT' } },
  },
  tools: {
    summary: 'list the tools, or show what one of them takes',
    takes: ['[TOOL]'],
    settings: 'data',
    options: { json },
  },
  watch: { summary: 'follow a task', takes: ['TASK'], settings: 'data', options: {} },
  approvals: {
    summary: 'what waits for an answer, or one question in full',
    takes: ['[APPROVAL]'],
    settings: 'data',
    options: {
      json,
      all: { about: 'Also what was answered or has expired' },
      grants: { about: 'The yeses that stand' },
      link: { about: 'A link at which the question can be answered' },
      task: { about: 'Only questions of one task', value: 'TASK' },
    },
  },
  approve: {
    summary: 'answer a question with yes',
    takes: ['APPROVAL'],
    settings: 'data',
    options: {
      json,
      scope: {
        about: 'How far the yes reaches',
        value: 'SCOPE',
        choices: ['once', 'task', 'rule'],
      },
      reason,
    },
  },
  deny: {
    summary: 'answer a question with no, and the reason that the agent reads',
    takes: ['APPROVAL'],
    settings: 'data',
    options: { json, reason: { about: 'Why; it has to be given', value: 'TEXT' } },
  },
  login: {
    summary: 'a link that signs a browser in, or the hub at a server',
    takes: ['[SERVER]'],
    settings: 'data',
    options: {
      answer: {
        about: 'Address that the browser ended at, where it cannot reach this hub',
        value: 'ADDRESS',
      },
    },
  },
  connect: {
    summary: 'tell a client of this hub',
    takes: ['CLIENT'],
    settings: 'data',
    options: {
      write: { about: 'Write it where the client reads it' },
      view: { ...view, choices: ['lean', 'all'] },
      name: { about: 'Name of the hub in the client; default: switchyard', value: 'NAME' },
      file: { about: 'Another file of the client', value: 'FILE' },
    },
  },
  doctor: {
    summary: 'say what is wrong with a data directory',
    takes: [],
    settings: 'data',
    options: {
      json,
      salvage: { about: 'Save what can be read of a damaged one', value: 'NEWDIR' },
    },
  },
  backup: {
    summary: 'put all of a data directory into one file',
    takes: ['FILE'],
    settings: 'data',
    options: { json },
  },
  restore: {
    summary: 'make a data directory from a backup',
    takes: ['FILE'],
    settings: 'data',
    options: { json, force: { about: 'Keep what is there beside it, in place of refusing' } },
  },
  completion: {
    summary: 'print the completion script of a shell: bash, zsh or fish',
    takes: ['SHELL'],
    settings: 'none',
    options: {},
  },
  agent: {
    summary: 'run a long-lived agent',
    takes: [],
    settings: 'data',
    options: {
      org: { about: 'Only take work of one org', value: 'ORG' },
      tags: { about: 'What it offers, comma-separated', value: 'TAGS' },
      remote: { about: 'Fetch work from the hub, as from another machine' },
    },
  },
  demo: {
    summary: 'show a whole task on a small repository, offline',
    takes: [],
    settings: 'none',
    options: {
      kill: { about: 'Kill the hub in the middle of the work' },
      stay: { about: 'Keep the hub running at the end' },
    },
  },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof commands

export const commandNamed = (name: string): Command | undefined =>
  Object.hasOwn(commands, name) ? commands[name as CommandName] : undefined
