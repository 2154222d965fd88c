import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { HubClient } from '../agent/hub-client.ts'
import type { Task } from '../schemas/task.ts'
import type { Stage } from '../hub/cli/demo-stage.ts'

type Settled = { task: Task; settled: boolean }

const notes: Record<string, string> = {
  'Till/Rounding.md':
    '---\nstatus: decided\ntags: [till, money]\n---\n# Rounding\n\nPrices are whole cents. A discount is rounded **once**, at the end; see [[Log]].\n',
  'Till/Open questions.md':
    '# Open questions\n\n- [ ] Do coupons stack?\n- [x] Which currency comes first?\n\nRelated: [[Rounding]]\n',
  'Runbooks/Release.md':
    '---\ntags: [runbook]\n---\n# Release\n\n1. Run `npm test`.\n2. Merge what is accepted.\n3. Tag, and tell [[Log]].\n',
}

/** Files that a hub of the pictures has from the beginning. */
export function writeNotes({ vault }: Stage): void {
  for (const [path, text] of Object.entries(notes)) {
    mkdirSync(dirname(join(vault, path)), { recursive: true })
    writeFileSync(join(vault, path), text)
  }
}

/**
 * Work as a team would have it on a Tuesday: some done, some failed, some under way, some that waits.
 * Returns the task whose change is in review, and what ends the agent that asks.
 */
export async function believableWork(
  client: HubClient,
  repo: string,
): Promise<{ inReview: string; end(): void }> {
  const submit = (title: string, command: string, more: Record<string, unknown> = {}) =>
    client.call<Task>('task_submit', { template: 'command', title, command, ...more })

  await settled(client, await submit('Back up the notes', 'echo 214 notes; echo 3.1 MB written'))
  await settled(client, await submit('Check links in the manual', brokenLinks, { max_attempts: 1 }))
  const code = { template: 'code', repo, model: 'scripted', reason: 'Baskets show negative totals' }
  const asked = await client.call<Task>('task_submit', { ...code, goal: 'Add up the basket' })
  const { id: inReview, state, result } = await settled(client, asked)
  if (state !== 'in_review' || !result?.change)
    throw new Error(`${inReview} is ${state}, and nothing is there to be reviewed`)
  await client.call('change_comment', {
    change: result.change,
    body: 'Is an empty basket still 0 after this?',
    path: 'src/total.js',
    line: 3,
  })
  await client.call('plan_create', { title: 'Release 0.2', steps: releaseSteps })
  await client.call('task_cancel', {
    task: (await submit('Render the old brochure', 'sleep 600', { priority: -50 })).id,
    reason: 'The brochure is gone',
  })
  await submit('Train the price model', 'true', { requirements: { tags: ['gpu'] } })
  await submit('Import last year’s orders', longImport)
  const newsletter = await submit('Send the newsletter', 'true', {
    requirements: { tags: ['mail'] },
  })
  return { inReview, end: await askFor(client, newsletter) }
}

/** A task once it is over or in review, however long a slow machine takes; an error after some minutes. */
async function settled(client: HubClient, { id, title }: Task): Promise<Task> {
  for (let round = 0; round < 10; round++) {
    const asked = { task: id, wait_ms: 40_000 }
    const { task, settled: isOver } = await client.call<Settled>('task_wait', asked)
    if (isOver) return task
  }
  throw new Error(`${JSON.stringify(title)} is still not settled: \`task_log\` of ${id} says why`)
}

/** An agent of the team's own takes a task and asks what it may not decide. */
async function askFor(client: HubClient, { id: task }: Task): Promise<() => void> {
  const offer = { agent: 'mail-worker', host: 'mail-1', tags: ['mail'], task }
  const { lease } = await client.call<{ lease: { fence: number } }>('task_claim', offer)
  const held = { task, fence: lease.fence }
  await client.call('task_heartbeat', held)
  const steps = [
    { text: 'Collect the readers', state: 'completed' },
    { text: 'Send it', state: 'in_progress' },
    { text: 'Count what bounced', state: 'pending' },
  ]
  await client.call('task_progress', { ...held, steps })
  await client.call('approval_request', {
    ...held,
    question: 'Send the newsletter to 4,120 readers?',
    details: { subject: 'What is new in Till', from: 'news@till.example', readers: 4120 },
  })
  const beat = setInterval(() => void client.call('task_heartbeat', held), 8000)
  return () => clearInterval(beat)
}

const brokenLinks =
  'echo 318 links checked; echo "broken: docs/old.md -> /pricing" >&2; echo "broken: docs/faq.md -> /beta" >&2; exit 1'
const longImport =
  'for i in $(seq 1 400); do echo "orders 2025-$(printf %02d $((i % 12 + 1))): $((i * 37)) rows"; sleep 1; done'
const releaseSteps = [
  { name: 'lint', template: 'command', command: 'echo clean' },
  { name: 'test', template: 'command', command: 'echo 42 passed' },
  { name: 'agreed', needs: ['lint', 'test'], gate: { kind: 'person', question: 'Publish 0.2?' } },
  { name: 'publish', needs: ['agreed'], template: 'command', command: 'echo done' },
]
