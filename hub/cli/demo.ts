import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { HubClient } from '../../agent/hub-client.ts'
import type { Change } from '../../schemas/change.ts'
import type { ContextHit } from '../../schemas/context.ts'
import type { Task } from '../../schemas/task.ts'
import { HubError } from '../../schemas/errors.ts'
import { git } from '../../servers/kit/git.ts'
import { run } from '../../servers/kit/run.ts'
import type { DemoHub, Stage } from './demo-stage.ts'
import { makeStage, startHub } from './demo-stage.ts'
import { parseOptions } from './options.ts'
import { follow } from './watch.ts'

/**
 * `switchyard demo [--kill] [--stay]`: a whole task on a repository made for it, offline, with the
 * scripted model. `--kill` ends the hub with SIGKILL in the middle of the agent's work.
 */
export async function demo(args: string[]): Promise<number> {
  const { values } = parseOptions('demo', args)
  const startedAt = performance.now()
  const stage = await makeStage()
  say(`A repository with a failing test: ${stage.repo}`)
  const hub = await startHub(stage)
  say(`A hub of its own: ${hub.link}`)
  try {
    await scenes(hub, stage, values.kill === true)
    say(`Done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`)
    if (values.stay) {
      say('The hub stays up until Ctrl-C; the link above signs you in.')
      await new Promise((resolve) => process.once('SIGINT', resolve))
    }
    return 0
  } finally {
    await hub.stop()
    if (values.stay) say(`Everything is kept in ${stage.root}`)
    else await rm(stage.root, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function scenes(hub: DemoHub, { repo, vault }: Stage, kill: boolean): Promise<void> {
  const { client } = hub
  say('Submit: "make the failing test pass", with the scripted model (a fixed policy, no AI)')
  const task = await client.call<Task>('task_submit', {
    template: 'code',
    repo,
    goal: 'Make the failing test pass',
    model: 'scripted',
    params: {
      spec: { feature: '001-basket', tasks: ['T002'] },
      note: { path: 'Log', heading: 'Agents' },
    },
    idempotency_key: 'demo',
  })
  const watching = watch(client, task.id)
  if (kill) await killInTheMiddle(hub, task.id)
  await watching

  const first = await readChange(client, task.id)
  say(`The agent opened ${first.change.id} on branch ${first.change.branch}:`)
  process.stdout.write(indent(first.diff))
  say('Review: ask for a line in the changelog')
  await client.call('change_review', {
    change: first.change.id,
    verdict: 'request_changes',
    body: 'Good. Please also add "- The total adds up again." to CHANGELOG.md',
    idempotency_key: 'demo',
  })
  await until(async () => (await readTask(client, task.id)).attempts === 2)
  await watch(client, task.id)

  const second = await readChange(client, task.id)
  say(`Revision ${second.change.revisions}:`)
  process.stdout.write(indent(second.diff))
  say('Merge it into main')
  const merged = await client.call<Change>('change_merge', {
    change: second.change.id,
    expect_head: second.change.head,
    update_checkout: true,
  })
  await until(async () => (await readTask(client, task.id)).state === 'succeeded')
  const { tests, log } = await inspect(repo)
  process.stdout.write(indent(log))
  say(`main is at ${merged.mergedAs?.slice(0, 10)}; its tests ${tests ? 'pass' : 'FAIL'}`)
  await knowledge(client, repo, vault, task.id)
  const audit = await client.call<{ intact: boolean; rows: number }>('audit_verify')
  say(
    `Audit trail: ${audit.rows} rows, ${audit.intact ? 'intact' : 'BROKEN'}; attempts: 2; change: one`,
  )
  if (!tests || !audit.intact)
    throw new HubError('internal', 'the demonstration did not end as it should')
}

/** What the merge left behind: a tick in the spec, a line in the notes, and context for the next task. */
async function knowledge(
  client: HubClient,
  repo: string,
  vault: string,
  task: string,
): Promise<void> {
  const [spec, note] = [join(repo, 'specs/001-basket/tasks.md'), join(vault, 'Log.md')]
  await until(async () => (await readFile(spec, 'utf8')).includes('[x] T002'))
  await until(async () => (await readFile(note, 'utf8')).includes(task))
  say('The merge ticked the spec and added to the notes:')
  process.stdout.write(
    indent(await git(['-C', repo, 'diff', '--no-ext-diff', '--unified=0', '--', 'specs'])),
  )
  process.stdout.write(indent((await readFile(note, 'utf8')).split('## Agents\n')[1] ?? ''))
  say('What the next agent will find: "why does the total add up"')
  const query = 'why does the total of the basket add up, in cents'
  const wanted = { query, limit: 10, excerpt_chars: 0 }
  await until(async () => (await search(client, wanted)).some(({ kind }) => kind === 'change'))
  const hits = await search(client, wanted)
  process.stdout.write(indent(hits.map(({ kind, cite }) => `${kind.padEnd(8)} ${cite}\n`).join('')))
}

const search = async (client: HubClient, wanted: object): Promise<ContextHit[]> =>
  (await client.call<{ items: ContextHit[] }>('context_search', { ...wanted })).items

const watch = (client: HubClient, task: string) =>
  follow(client, task, (text) => process.stdout.write(indent(text)))

async function killInTheMiddle(hub: DemoHub, task: string): Promise<void> {
  await until(async () => {
    const { next } = await hub.client.call<{ next: number }>('task_log', { task })
    return next >= 3
  })
  say('kill -9 for the hub, while the agent works')
  hub.kill()
  await new Promise((resolve) => setTimeout(resolve, 700))
  await hub.restart()
  say('The hub is back; the agent went on meanwhile and catches up')
}

async function inspect(repo: string): Promise<{ tests: boolean; log: string }> {
  const env = { PATH: process.env.PATH ?? '', HOME: repo }
  const tests = await run(process.execPath, ['--test'], { cwd: repo, env })
  return {
    tests: tests.exitCode === 0,
    log: await git(['-C', repo, 'log', '--oneline', '--graph', '-8']),
  }
}

const readTask = async (client: HubClient, task: string): Promise<Task> =>
  (await client.call<{ task: Task }>('task_read', { task })).task

async function readChange(
  client: HubClient,
  task: string,
): Promise<{ change: Change; diff: string }> {
  const { result, failure } = await readTask(client, task)
  if (!result?.change)
    throw new HubError('internal', `the task opened no change: ${failure?.message ?? 'unknown'}`)
  return client.call('change_read', { change: result.change })
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new HubError('unavailable', 'the demonstration is stuck')
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

const say = (text: string) => console.log(`\n▶ ${text}`)
const indent = (text: string | Uint8Array) =>
  Buffer.from(text)
    .toString('utf8')
    .replace(/^(?=.)/gm, '    ')
