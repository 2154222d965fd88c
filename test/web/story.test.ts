import { expect, test } from 'vitest'
import type { Task } from '../../schemas/task.ts'
import { storyOf } from '../../web/story.ts'

const task: Task = {
  ...{ id: 'task-1', org: 'default', title: 'Add up', template: 'code', params: {}, priority: 0 },
  ...{ state: 'failed', attempts: 2, maxAttempts: 2, timeoutMs: 1000, depth: 0, requirements: {} },
  ...{ resources: { cpus: 1, memoryMb: 64 }, provenance: { via: 'plan', reason: 'Totals' } },
  ...{ budget: {}, inputs: [], submittedBy: 'ada', submittedAt: 1000, updatedAt: 9000 },
  failure: { code: 'exit', message: 'exit code 1\nmore' },
}
const event = (at: number, kind: string, data: Record<string, unknown> = {}) => ({
  ...{ seq: at, at, org: 'default', kind, subject: 'task-1', task: 'task-1', data },
})
const tell = (events: ReturnType<typeof event>[], told: Partial<Task> = {}, spent = undefined) =>
  storyOf({ task: { ...task, ...told }, attempts: [], events, spent }).map(
    ({ text, more }) => `${text}${more ? `: ${more}` : ''}`,
  )

test('a story begins with who asked and why, and ends with how it went', () => {
  const told = tell([
    event(1000, 'task.queued', { attempts: 0 }),
    event(2000, 'task.leased', { agent: 'one', number: 1 }),
    event(3000, 'task.queued', { attempts: 1, reason: 'changes requested' }),
    event(4000, 'task.leased', { agent: 'two', number: 2 }),
    event(9000, 'task.failed'),
  ])
  expect(told).toEqual([
    'Submitted by ada as a step of a plan: Totals',
    'An agent took it: one',
    'Goes back to the queue: changes requested',
    'Attempt 2 began: two',
    'Failed: exit code 1',
  ])
})

test('steps are told as they stand last, and the same in a row is one line', () => {
  const steps = (state: string) => ({ steps: [{ text: 'Send it', state }] })
  const told = tell([
    event(2000, 'task.progress', steps('in_progress')),
    event(3000, 'task.progress', steps('completed')),
    event(4000, 'artifact.created', { name: 'a.txt' }),
    event(5000, 'artifact.created', { name: 'b.txt' }),
    event(6000, 'pod.exited', {}),
  ])
  expect(told.slice(1)).toEqual(['1 of 1 steps done', 'Kept 2 files: a.txt, b.txt'])
})
