import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Change } from '../../schemas/change.ts'
import type { Pod } from '../../schemas/cluster.ts'
import type { Plan } from '../../schemas/plan.ts'
import type { Task } from '../../schemas/task.ts'
import type { Workspace } from '../../schemas/repo.ts'
import { ChatDevice } from './chat.ts'
import { makeFolder } from './folder.ts'
import type { TestHub } from './hub.ts'
import { startHub, until } from './hub.ts'
import { count, words } from './large-words.ts'
import { attachDot, redDot } from './pictures.ts'
import { makeRepo, writeFiles } from './repo.ts'
import { git, gitRaw } from '../../servers/kit/git.ts'

export type LargeHub = TestHub & {
  repo: string
  feature: string
  task: string
  plan: string
  change: string
  head: string
  artifact: string
  pod: string
  trigger: string
  conversation: string
  picture: string
}

const notes = Object.fromEntries([
  ...count(300).map((n) => [
    `projects/area-${n % 9}/Meeting ${n} about invoices.md`,
    `---\ntags: [invoice, area-${n % 9}]\nstatus: open\nowner: someone-${n}\n---\n\n# Meeting ${n}\n\n${words(n, 120)} [[Big]]\n\n- [ ] call customer ${n}\n`,
  ]),
  [
    'Big.md',
    count(80)
      .map((n) => `## Part ${n}\n\n${words(n, 150)}\n`)
      .join('\n'),
  ],
  ['Open.base', 'views:\n  - type: table\n    name: Open\n    order: [file.name, status, owner]\n'],
]) as Record<string, string>

const files = Object.fromEntries([
  ['README.md', '# Billing\n'],
  ...count(60).map((n) => [
    `src/module-${n}.ts`,
    count(40)
      .map(
        (at) =>
          `export function invoice${n}x${at}(customer: string): number {\n  return ${n} + customer.length // ${words(at, 6)}\n}\n`,
      )
      .join('\n'),
  ]),
  ['.specify/templates/spec-template.md', '# Feature Specification: [FEATURE NAME]\n'],
  ...count(60).flatMap((n) => {
    const folder = `specs/${String(n).padStart(3, '0')}-feature-${n}-of-billing`
    const tasks = count(n === 1 ? 300 : 3)
      .map(
        (at) =>
          `- [ ] T${String(at).padStart(3, '0')} [US${1 + (at % 3)}] ${words(at, 14)} in src/module-${at % 60}.ts\n`,
      )
      .join('')
    const requirements = count(60)
      .map((at) => `- **FR-${String(at).padStart(3, '0')}**: System MUST ${words(at, 12)}\n`)
      .join('')
    return [
      [
        `${folder}/spec.md`,
        `# Feature Specification: Feature ${n}\n\n### User Story 1 - ${words(n, 6)} (Priority: P1)\n\n${words(n, 80)}\n\n## Requirements\n\n${requirements}`,
      ],
      [`${folder}/tasks.md`, `# Tasks\n\n## Phase 1: Setup\n\n${tasks}`],
    ]
  }),
]) as Record<string, string>

/** Many external agents, each configured at length. */
const runners = Object.fromEntries(
  Array.from({ length: 50 }, (_, index) => [
    index === 0 ? 'coder' : `coder-${index}`,
    { command: 'coder', args: ['--acp', 'x'.repeat(500)], env: { CONFIG: 'word '.repeat(5000) } },
  ]),
)

/** A hub that has been at work for a year: one of everything made by calls, and most of it ten thousand times. */
export async function startLargeHub(): Promise<LargeHub> {
  const vault = makeFolder('vault')
  writeFiles(vault, notes)
  writeFileSync(join(vault, 'Dot.png'), redDot)
  const data = makeFolder('hub')
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({ vaults: { notes: { path: vault } }, runners }),
  )
  const hub = await startHub({ data })
  const repo = await makeRepo(files)
  const made = {
    ...(await makeTask(hub)),
    plan: await makePlan(hub),
    ...(await makeChange(hub, repo)),
    pod: await makePod(hub),
    trigger: await makeTrigger(hub),
    conversation: await makeConversation(hub),
    picture: await attachDot(hub),
  }
  await hub.call('context_ingest', { kind: 'repo', uri: repo, wait_ms: 50_000 })
  await hub.as('someone', 'developer')
  await hub.hub.stop()
  multiply(join(data, 'switchyard.db'))
  return { ...(await startHub({ data })), ...made, repo, feature: '001-feature-1-of-billing' }
}

async function makeConversation(hub: TestHub): Promise<string> {
  const device = new ChatDevice(hub)
  const { conversation } = (await device.say(`Thanks, ${words(5, 400)}`, { model: 'scripted' }))
    .metadata
  for (const n of count(6)) await device.say(`/task_list limit=${n + 1}`, { conversation })
  return conversation
}

async function makeTask(hub: TestHub) {
  const { id: task } = await hub.call<Task>('task_submit', {
    template: 'command',
    command: `npm run build -- --filter invoices && npm test # ${words(1, 40)}`,
    title: `Rebuild the invoices, ${words(2, 8)}`,
  })
  type Claimed = { lease: { fence: number } }
  const { lease } = await hub.call<Claimed>('task_claim', { agent: 'worker-one' })
  const bound = { task, fence: lease.fence }
  await hub.call('task_heartbeat', bound)
  await hub.call('task_log_append', {
    ...bound,
    position: 0,
    chunks: count(200).map((at) => ({ stream: 'out', at, data: `${at} ${words(at, 20)}\n` })),
  })
  const { id: artifact } = await hub.call<{ id: string }>('artifact_create', {
    ...bound,
    name: 'report.txt',
    data: words(3, 20_000),
  })
  const question = `May I, ${words(4, 30)}?`
  const { id: approval } = await hub.call<{ id: string }>('approval_request', {
    ...bound,
    question,
  })
  await hub.call('approval_decide', { approval, decision: 'approve' })
  await hub.call('task_report', {
    ...bound,
    outcome: 'failed',
    failure: { code: 'failed', message: words(5, 300) },
    retryable: false,
  })
  return { task, artifact }
}

/** Ten thousand steps, most of which wait for many. */
async function makePlan(hub: TestHub): Promise<string> {
  const steps = count(10_000).map((n) => ({
    name: `rebuild-the-invoices-of-customer-${n}`,
    title: words(n, 20),
    needs:
      n < 100
        ? []
        : count(8).map((at) => `rebuild-the-invoices-of-customer-${(n % 100) + at * (n % 2)}`),
    template: 'command',
    command: words(n, 40),
  }))
  const { id } = await hub.call<Plan>('plan_create', { steps, reason: words(3, 90) })
  return id
}

async function makeTrigger(hub: TestHub): Promise<string> {
  const { id } = await hub.call<{ id: string }>('trigger_create', {
    title: `Rebuild the invoices, ${words(8, 8)}`,
    on: { kind: 'manual' },
    submit: { template: 'command', command: `true # ${words(9, 900)}` },
  })
  for (const n of count(30))
    await hub.call('trigger_run', { trigger: id, wait_ms: n === 29 ? 5000 : 0 })
  return id
}

async function makeChange(hub: TestHub, repo: string) {
  const refs = count(120).map((n) => `create refs/heads/feature/number-${n}-of-many HEAD\n`)
  await gitRaw(['-C', repo, 'update-ref', '--stdin'], { input: refs.join('') })
  for (const n of count(30))
    await git(['-C', repo, 'commit', '--quiet', '--allow-empty', `--message=${words(n, 9)}`])
  const space = await hub.call<Workspace>('branch_create', { repo, task: 'task-change-one' })
  for (const n of count(30))
    writeFileSync(join(space.path, `src/module-${n}.ts`), words(n, 600).replaceAll(' the', '\n'))
  await hub.call('commit_create', { task: 'task-change-one', message: 'Rewrite' })
  const args = { task: 'task-change-one', title: `Rewrite ${words(6, 8)}`, body: words(7, 60) }
  const { id, head } = await hub.call<Change>('change_open', args)
  for (const n of count(12)) await hub.call('change_comment', { change: id, body: words(n, 40) })
  return { change: id, head }
}

async function makePod(hub: TestHub): Promise<string> {
  const { id } = await hub.call<Pod>('pod_run', {
    command: ['sh', '-c', 'seq 1 20000'],
    isolation: 'none',
  })
  await until(async () => (await hub.call<Pod>('pod_read', { pod: id })).state === 'exited')
  return id
}

/** Copies rows of the store as it lies on the disk. */
function multiply(file: string): void {
  const db = new Database(file)
  const copy = (table: string, times: number, unlike: (n: number) => Record<string, unknown>) => {
    const row = db.prepare(`SELECT * FROM ${table} LIMIT 1`).get() as Record<string, unknown>
    const columns = Object.keys({ ...row, ...unlike(0) })
    const add = db.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `:${name}`).join(', ')})`,
    )
    for (const n of count(times)) add.run({ ...row, ...unlike(n) })
  }
  const last = (table: string) =>
    db.prepare(`SELECT max(seq) FROM ${table}`).pluck().get() as number // Both have rows.
  db.transaction(() => {
    copy('tasks', 10_000, (n) => ({ id: `task-0${n}`, idempotency_key: null }))
    copy('plans', 300, (n) => ({ id: `plan-0${n}`, idempotency_key: null, approval: null }))
    copy('attempts', 30, (n) => ({ id: `att-0${n}`, number: n + 2 }))
    copy('artifacts', 300, (n) => ({ id: `art-0${n}`, name: `report-${n}.txt` }))
    copy('approvals', 300, (n) => ({ id: `app-0${n}`, state: 'pending' }))
    copy('agents', 1000, (n) => ({ id: `worker-${n}`, state: 'idle', retired_at: null }))
    copy('conversations', 1000, (n) => ({ id: `chat-0${n}`, title: words(n, 40).slice(0, 80) }))
    copy('pods', 1000, (n) => ({ id: `pod-0${n}` }))
    copy('changes', 1000, (n) => ({ id: `chg-0${n}`, task: `task-other-${n}` }))
    copy('repositories', 200, (n) => ({ id: `repo-0${n}`, path: `/srv/repositories/number-${n}` }))
    copy('context_sources', 200, (n) => ({ id: `ctx-0${n}`, kind: 'text', uri: `wiki-${n}` }))
    copy('tokens', 300, (n) => ({
      id: `tok-0${n}`,
      digest: `digest-${n}`,
      label: `person-${n}`,
      attempt: null,
    }))
    const [event, audit] = [last('events'), last('audit')]
    copy('events', 20_000, (n) => ({ seq: event + n + 1 }))
    copy('audit', 10_000, (n) => ({ seq: audit + n + 1 }))
  })()
  db.close()
}
