import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HubClient } from '../../agent/hub-client.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { Attempt, Task } from '../../schemas/task.ts'
import type { Script } from '../fixtures/agents/scripted.ts'
import { makeFolder } from './folder.ts'
import { until } from './hub.ts'
import { makeRepo } from './repo.ts'

const program = join(import.meta.dirname, '..', 'fixtures', 'agents', 'scripted.ts')

/** How an agent that acts a script out is configured. */
export const scripted = (
  script: Script,
  more: { env?: object; [field: string]: unknown } = {},
) => ({
  command: process.execPath,
  args: [program],
  ...more,
  env: { SCRIPT: JSON.stringify(script), ...more.env },
})

/** A data directory whose configuration names these runners. */
export function dataWith(runners: Record<string, object>, more: object = {}): string {
  const data = makeFolder('hub')
  const file = { allowUnisolated: true, runners, ...more }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(file))
  return data
}

/** A task that is left to a runner, with what became of it. */
export async function leaveTo(
  client: HubClient,
  runner: string,
  { data, ...extra }: Record<string, unknown> & { data: string },
) {
  const { id } = await client.call<Task>('task_submit', {
    template: 'code',
    repo: await makeRepo(),
    goal: 'Make the test pass',
    params: { contextTokens: 0 },
    requirements: { runner },
    ...extra,
  })
  const read = () => client.call<{ task: Task; attempts: Attempt[] }>('task_read', { task: id })
  const log = async () => {
    const { items } = await client.call<{ items: LogChunk[] }>('task_log', {
      task: id,
      max_bytes: 1_000_000,
    })
    return items.map((chunk) => chunk.data).join('')
  }
  const settled = async (state: string) => {
    await until(
      async () => ['in_review', 'failed', state].includes((await read()).task.state),
      40_000,
    )
    return (await read()).task
  }
  const asked = () => {
    const file = join(data, 'work', id, 'agent-home', 'asked.txt')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  return { id, read, log, settled, asked }
}
