import { html, render } from 'lit'
import type { Capacity } from '../schemas/cluster.ts'
import type { Attempt, Task } from '../schemas/task.ts'
import { appParts } from './gallery-app.ts'
import { chatParts } from './gallery-chat.ts'
import { ToolError } from './mcp.ts'
import { taskCard, taskRow } from './parts/card.ts'
import { checksView } from './parts/checks.ts'
import { copyable } from './parts/copy.ts'
import { empty } from './parts/empty.ts'
import { factsView } from './parts/facts.ts'
import { fieldsView } from './parts/fields.ts'
import { firstSteps } from './parts/first-steps.ts'
import { menu } from './parts/menu.ts'
import { problem } from './parts/problem.ts'
import { reportsView } from './parts/reports.ts'
import { roomView } from './parts/room.ts'
import './parts/rows.css'
import { skeleton } from './parts/skeleton.ts'
import { spine } from './parts/spine.ts'
import { badge } from './parts/state.ts'
import { tabs } from './parts/tabs.ts'
import { storyOf } from './story.ts'
import './views/now.css'
import './views/tasks.css'

// Every part that needs no hub, in each of its states, to be looked at, photographed and tested.
const hostile = `<img src=x onerror="alert(1)"> \u202etxt.exe 🚂 ${'unbrokenword'.repeat(14)}`
const states =
  'blocked queued leased running waiting in_review succeeded failed canceled lost passed skipped open merged closed ready pressure'
const at = Date.now() - 90_000

const task: Task = {
  ...{ id: 'task-1m8aqvgf100-8d55f', org: 'default', title: 'Add up the basket', template: 'code' },
  ...{ params: { goal: 'Add up' }, repo: '/home/ada/till', state: 'in_review', priority: 0 },
  ...{ attempts: 1, maxAttempts: 2, resources: { cpus: 1, memoryMb: 1024 }, timeoutMs: 3_600_000 },
  ...{ depth: 0, provenance: { via: 'chat', reason: 'Totals are negative' }, requirements: {} },
  ...{ budget: { steps: 20 }, inputs: [], submittedBy: 'ada', submittedAt: at, updatedAt: at },
}
const failed: Task = {
  ...task,
  state: 'failed',
  title: hostile,
  failure: { code: 'exit', message: hostile },
}
const attempt: Attempt = {
  ...{ id: 'attempt-1', task: task.id, number: 1, fence: 1, agent: 'agent-pod-1m8aqvgjk00-w778y' },
  ...{ state: 'failed', leaseExpiresAt: at, startedAt: at, endedAt: at + 4200 },
  failure: { code: 'exit', message: 'exit code 1' },
}
const check = {
  ...({
    name: 'test',
    command: 'npm test',
    state: 'failed',
    exitCode: 1,
    durationMs: 3415,
  } as const),
  ...{ counts: { passed: 41, failed: 1 }, failures: [`prices are added up: ${hostile}`] },
}
const node = (share: number): Capacity => ({
  ...{ node: 'vm', cluster: 'local', tags: [], health: 'ready', gpus: [], isolation: 'bwrap', at },
  cpus: { total: 8, promised: 8 * share, load: 1 },
  memoryMb: { total: 24_000, available: 24_000 * (1 - share), promised: 0 },
  diskMb: { total: 250_000, available: 250_000 * (1 - share) },
  pods: { live: Math.round(8 * share), limit: 8 },
})

const event = (kind: string, data: Record<string, unknown>, seq: number) => ({
  ...{ seq, at: at + seq * 1000, org: 'default', kind, subject: task.id, task: task.id, data },
})
const events = [
  event('task.leased', { agent: 'mail-worker', number: 1 }, 1),
  event('task.progress', { steps: [{ text: 'Send it', state: 'in_progress' }] }, 2),
  event('approval.asked', { question: hostile }, 3),
  event('approval.decided', { decision: 'approve', by: 'ada' }, 4),
  ...Array.from({ length: 12 }, (_, n) => event('change.revised', { revision: n + 2 }, n + 5)),
  event('task.failed', {}, 20),
]

const parts: [string, unknown][] = [
  ['State', states.split(' ').map((state) => html`<p>${badge(state)}</p>`)],
  [
    'Task row',
    html`<div class="rows">
      <ol role="list" .style=${'height: 112px'}>
        <li .style=${'top: 0; height: 56px'}>${taskRow(task)}</li>
        <li .style=${'top: 56px; height: 56px'} data-current>${taskRow(failed, {}, true)}</li>
      </ol>
    </div>`,
  ],
  ['Task card', html`${taskCard(task)} ${taskCard(failed)}`],
  [
    'Story',
    spine(storyOf({ task: failed, attempts: [attempt], events, spent: undefined }), () => '#/'),
  ],
  ['Facts', factsView(failed, [attempt], [{ id: 'task-2', state: 'running', title: hostile }])],
  ['Fields', fieldsView({ name: hostile, many: 'first\nsecond', deep: { list: [1, 2] } })],
  ['Checks', checksView([check, { ...check, name: 'lint', state: 'passed', failures: [] }])],
  ['Results', reportsView(undefined, { 'bundle kB': 23.4 })],
  ['Room', html`${roomView([node(0.3)])} ${roomView([node(0.95)])}`],
  [
    'Tabs',
    tabs('Stages', 'b', [
      { name: 'a', title: 'All', href: '#/a' },
      { name: 'b', title: 'Failed', href: '#/b', count: 3 },
    ]),
  ],
  [
    'Menu',
    menu('More actions', [
      { title: 'Copy', run: () => undefined },
      { title: 'Delete', run: () => undefined, isDangerous: true },
    ]),
  ],
  ['Copyable', copyable(task.id)],
  ['Loading', skeleton(3)],
  ['Empty', empty('No task is like this.', 'Show all')],
  ['Error', problem(new ToolError({ code: 'denied', message: hostile, hint: 'Ask an owner.' }))],
  ['First steps', firstSteps()],
  ...appParts,
  ...chatParts(hostile),
] // What follows is drawn once; nothing here changes.

const place = document.querySelector<HTMLElement>('#gallery')
if (place)
  render(
    html`<h1>Gallery</h1>
      ${parts.map(
        ([title, part]) =>
          html`<section aria-label="Part: ${title}">
            <h2>${title}</h2>
            ${part}
          </section>`,
      )}`,
    place,
  )
