import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { HubClient } from '../../agent/hub-client.ts'
import type { Approval } from '../../schemas/approval.ts'
import type { Change } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Task } from '../../schemas/task.ts'
import { isTerminal } from '../../schemas/task.ts'
import { writeFiles } from '../helpers/repo.ts'
import type { Case } from './case.ts'

/** What came of a case: the same in each run of it, whatever was killed when. */
export type Outcome = {
  name: string
  state: string
  code: string
  revisions: number
  /** Of the target branch at the end. */
  tree: string
  trouble: string | undefined
}

export type Stage = {
  client: HubClient
  root: string
  /** Which runner does the work; undefined is the built-in loop. */
  runner: string | undefined
  /** How long a case may take. */
  patienceMs: number
  started(name: string, task: string): void
}

/** Takes a case from its submit to its end, as the person who asked for it, reviews it and decides. */
export async function play(stage: Stage, known: Case): Promise<Outcome> {
  const { client } = stage
  const repo = makeRepository(stage.root, known)
  const { goal, budget } = known
  const { id } = await client.call<Task>('task_submit', {
    template: 'code',
    repo,
    goal,
    model: 'openai/acting',
    max_attempts: 4,
    timeout_ms: Math.round(stage.patienceMs * 0.8),
    org: known.isDenied ? 'careful' : 'default',
    idempotency_key: `${known.name}-${repo}`,
    ...(budget ? { budget } : {}),
    // An external agent brings a runtime of its own: opencode alone was seen at 1.6 GB.
    ...(stage.runner === undefined
      ? {}
      : { requirements: { runner: stage.runner }, resources: { memoryMb: 4096 } }),
  })
  stage.started(known.name, id)
  let trouble: string | undefined
  let updatedAt: number | undefined
  let isReviewed = known.review === undefined
  let isMoved = known.meanwhile === undefined
  for (const until = Date.now() + stage.patienceMs; ;) {
    const seen = updatedAt === undefined ? {} : { updated_after: updatedAt }
    const { task } = await client.call<{ task: Task }>('task_wait', {
      task: id,
      wait_ms: 5000,
      ...seen,
    })
    if (known.isDenied) await denyAll(client)
    if (task.waitingFor === 'budget')
      await client.call('budget_set', { task: id, budget: { steps: 500 } })
    if (isTerminal(task.state)) {
      const change = await changeOf(client, id)
      const [state, code] = [
        task.state === 'succeeded' ? 'merged' : task.state,
        task.failure?.code ?? '',
      ]
      if (state === 'merged') trouble ??= hiddenTrouble(known, repo, 'main')
      if (state !== known.ending.state) trouble ??= `${code}: ${task.failure?.message ?? ''}`
      else if ('code' in known.ending && known.ending.code !== code)
        trouble ??= `it failed with ${code}: ${task.failure?.message ?? ''}`
      const tree = git(repo, 'rev-parse', 'main^{tree}')
      return { name: known.name, state, code, revisions: change?.revisions ?? 0, tree, trouble }
    }
    if (Date.now() > until)
      return {
        name: known.name,
        state: task.state,
        code: 'late',
        revisions: 0,
        tree: '',
        trouble: 'it did not end in time',
      }
    updatedAt = ['in_review', 'waiting'].includes(task.state) ? task.updatedAt : undefined
    if (task.state !== 'in_review') continue
    const change = await changeOf(client, id)
    if (change?.state === 'merged') continue // The task follows in a moment.
    if (!change) throw new Error(`${known.name} is in review without a change`)
    if (!isReviewed && known.review) {
      isReviewed = true
      const verdict = { verdict: 'request_changes', body: known.review.body }
      await client.call('change_review', {
        change: change.id,
        revision: change.revisions,
        ...verdict,
      })
      continue
    }
    if (!isMoved && known.meanwhile) {
      isMoved = true
      commit(repo, known.meanwhile.files, 'meanwhile')
    }
    trouble ??= known.meanwhile ? undefined : hiddenTrouble(known, repo, change.head)
    if (trouble !== undefined) {
      await client.call('change_close', { change: change.id, reason: trouble })
      continue
    }
    await merge(client, change)
  }
}

/** Accepts and merges; a conflict goes back to the agent. */
async function merge(client: HubClient, { id: change, revisions: revision, head }: Change) {
  await client.call('change_review', {
    change,
    revision,
    verdict: 'accept',
    body: 'It does what was asked.',
  })
  try {
    await client.call('change_merge', {
      change,
      expect_head: head,
      update_checkout: true,
      resolve: true,
    })
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== 'conflict') throw error
  }
}

async function denyAll(client: HubClient): Promise<void> {
  const { items } = await client.call<{ items: Approval[] }>('approval_list', {})
  for (const { id: approval } of items.filter(({ org }) => org === 'careful'))
    await client.call('approval_decide', { approval, decision: 'deny', reason: 'not now' })
}

async function changeOf(client: HubClient, task: string): Promise<Change | undefined> {
  const { items } = await client.call<{ items: Change[] }>('change_list', { task })
  if (items.length > 1) throw new Error(`task ${task} has ${items.length} changes`)
  return items[0]
}

/** What the hidden checks say of a commit, in a checkout of their own; undefined when they pass. */
function hiddenTrouble({ hidden }: Case, repo: string, commitish: string): string | undefined {
  const folder = `${repo}-hidden`
  git(repo, 'worktree', 'add', '--quiet', '--detach', '--force', folder, commitish)
  try {
    writeFiles(folder, hidden.files)
    for (let round = 0; round < (hidden.repeats ?? 1); round++) {
      const run = spawnSync('sh', ['-c', hidden.command], {
        cwd: folder,
        encoding: 'utf8',
        timeout: 120_000,
      })
      if (run.status !== 0)
        return `the hidden checks fail: ${`${run.stdout}${run.stderr}`.slice(-600)}`
    }
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
    git(repo, 'worktree', 'prune')
  }
}

function makeRepository(root: string, { name, files }: Case): string {
  const repo = join(mkdtempSync(join(root, `${name}-`)), name)
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', repo])
  commit(repo, files, 'first')
  return repo
}

function commit(repo: string, files: Record<string, string>, message: string): void {
  writeFiles(repo, files)
  git(repo, 'add', '--all')
  git(
    repo,
    '-c',
    'user.name=Evaluator',
    '-c',
    'user.email=e@example.org',
    'commit',
    '--quiet',
    '-m',
    message,
  )
}

const git = (repo: string, ...args: string[]): string =>
  execFileSync('git', ['-C', repo, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
