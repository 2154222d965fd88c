import type { Change } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { Task } from '../../schemas/task.ts'
import { isTerminal } from '../../schemas/task.ts'
import type { HubClient } from '../../agent/hub-client.ts'
import { clientFor, parseSettings } from './settings.ts'

/** `switchyard watch TASK`: its log as it grows, until it is settled; survives restarts of the hub. */
export async function watch(args: string[]): Promise<number> {
  const { settings, positionals } = parseSettings('watch', args)
  const [task] = positionals
  if (task === undefined)
    throw new HubError('invalid', 'watch needs the id of a task', {
      hint: '`switchyard call task_list` shows them.',
    })
  const client = clientFor(settings, 60_000)
  const last = await follow(client, task, (text) => process.stdout.write(text))
  process.stdout.write(`\n${await verdict(client, last)}\n`)
  return last.state === 'failed' || last.state === 'canceled' ? 5 : 0
}

/** Prints the log until the task is settled and everything it wrote was shown. */
export async function follow(
  client: HubClient,
  task: string,
  print: (text: string | Uint8Array) => void,
): Promise<Task> {
  let after = 0
  let shown = ''
  let midLine = false
  // A new state is told between two lines of output, never within one.
  const tell = (state: string) => {
    if (state === shown) return
    print(`${midLine ? '\n' : ''}— ${(shown = state)}\n`)
    midLine = false
  }
  for (;;) {
    const { task: now, settled } = await client.call<{ task: Task; settled: boolean }>(
      'task_wait',
      { task, wait_ms: 0 },
    )
    if (!midLine) tell(now.state)
    const { items, next, more } = await client.call<{
      items: LogChunk[]
      next: number
      more: boolean
    }>('task_log', { task, after, wait_ms: settled ? 0 : 5000 })
    for (const chunk of items) {
      const bytes = Buffer.from(chunk.data, chunk.encoding)
      print(bytes)
      midLine = bytes.at(-1) !== 10
    }
    after = next
    if (!settled || more || items.length > 0) continue
    tell(now.state)
    return now
  }
}

async function verdict(client: HubClient, task: Task): Promise<string> {
  const lines = [
    `${task.id} is ${task.state}${task.failure && isTerminal(task.state) ? `: ${task.failure.message}` : ''}`,
  ]
  const summary = task.result?.summary
  if (summary && !task.failure?.message.startsWith(summary)) lines.push(summary)
  if (task.state === 'in_review' && task.result?.change) {
    const { change } = await client.call<{ change: Change }>('change_read', {
      change: task.result.change,
      max_bytes: 0,
    })
    lines.push(
      '',
      `read it:    switchyard call change_read --change ${change.id}`,
      `revise it:  switchyard call change_review --change ${change.id} --verdict request_changes --body "…"`,
      `merge it:   switchyard call change_merge --change ${change.id} --expect-head ${change.head}`,
    )
  }
  return lines.join('\n')
}
