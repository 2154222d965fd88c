import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { runCommand } from '../processes.ts'
import type { LoopTool } from './workspace-tools.ts'

const bashInput = z.object({
  command: z.string().min(1).max(8000).describe('Command line'),
  timeout_ms: z.int().min(1000).max(600_000).default(120_000).describe('Time limit'),
})

export const bash: LoopTool<typeof bashInput> = {
  description:
    'Runs a command line in the workspace and returns its exit code and the end of its output.',
  input: bashInput,
  run: async ({ command, timeout_ms: timeoutMs }, { root, signal, log }) => {
    const result = await runCommand(command, { cwd: root, signal, timeoutMs, onOutput: log })
    const ended = result.timedOut
      ? `stopped after ${timeoutMs} ms`
      : `exit code ${result.exitCode ?? 'none'}`
    const output = result.tail.length > 12_000 ? `[…]\n${result.tail.slice(-12_000)}` : result.tail
    return `${ended}\n${output}`
  },
}

const todoInput = z.object({
  items: z
    .array(z.object({ text: z.string().max(300), done: z.boolean() }))
    .max(40)
    .describe('The whole list, replacing the one before'),
})

export const todo: LoopTool<typeof todoInput> = {
  description: 'Keeps a list of steps, for work that has several. People see it in the log.',
  input: todoInput,
  run: async ({ items }, { log }) => {
    const text = items.map((item) => `[${item.done ? 'x' : ' '}] ${item.text}`).join('\n')
    await log('agent', Buffer.from(`${text}\n`))
    return text
  },
}

const finishInput = z.object({
  summary: z.string().min(1).max(8000).describe('What was done and why, for the reviewer'),
})

export const finish: LoopTool<typeof finishInput> = {
  description:
    "Ends the work. The project's checks are run, and the end is refused while they fail.",
  input: finishInput,
  run: async ({ summary }, bench) => {
    const { passed, report } = await bench.check()
    if (!passed)
      throw new HubError('conflict', `the checks fail, so the work is not finished:\n${report}`)
    bench.finish(summary)
    return `finished\n${report}`
  },
}
