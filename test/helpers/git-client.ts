import type { HubClient } from '../../agent/hub-client.ts'
import type { Workspace } from '../../schemas/repo.ts'
import type { Task } from '../../schemas/task.ts'
import type { RunOptions, RunResult } from '../../servers/kit/run.ts'
import { run } from '../../servers/kit/run.ts'

/** A task with a lease, as its agent sees it. */
export type Leased = {
  task: string
  fence: number
  token: string
  agent: HubClient
  space: Workspace
}

/** Submits a task on a repository and claims it as an agent of the test's own. */
export async function leaseTask(
  client: HubClient,
  repo: string,
  name = 'tester',
  more: { params?: Record<string, unknown> } = {},
): Promise<Leased> {
  const { id: task } = await client.call<Task>('task_submit', {
    ...{ template: 'command', command: 'true', repo, ...more.params },
  })
  const { lease } = await client.call<{ lease: { token: string; fence: number } }>('task_claim', {
    ...{ agent: name, task },
  })
  const { token, fence } = lease
  const agent = client.withToken(token)
  const space = await agent.call<Workspace>('branch_create', { repo, task })
  return { task, fence, token, agent, space }
}

/** Plain Git, as anybody has it, with a token in a header. */
export const gitAs = (
  token: string,
  args: string[],
  options: RunOptions = {},
): Promise<RunResult> =>
  run('git', args, {
    timeoutMs: 120_000,
    ...options,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: '/nonexistent',
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.extraHeader',
      GIT_CONFIG_VALUE_0: `Authorization: Bearer ${token}`,
      ...options.env,
    },
  })

export const textOf = ({ stdout, stderr }: RunResult): string =>
  `${stdout.toString('utf8')}${stderr.toString('utf8')}`

/** Commits everything in a clone, as the agent of that name. */
export async function commitAs(name: string, path: string, message: string): Promise<string> {
  const who = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: `${name}@switchyard.local` }
  const by = { GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: `${name}@switchyard.local` }
  const env = { ...who, ...by }
  await must(gitAs('', ['-C', path, 'add', '--all'], { env }))
  await must(gitAs('', ['-C', path, 'commit', '--quiet', '--allow-empty', '-m', message], { env }))
  return (await must(gitAs('', ['-C', path, 'rev-parse', 'HEAD']))).trim()
}

/** What a Git command that has to succeed printed. */
export async function must(running: Promise<RunResult>): Promise<string> {
  const result = await running
  if (result.exitCode !== 0) throw new Error(`git failed: ${textOf(result)}`)
  return result.stdout.toString('utf8')
}
