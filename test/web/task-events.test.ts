import { expect, test } from 'vitest'
import type { TaskStage, TaskState } from '../../schemas/task.ts'
import { TaskState as States } from '../../schemas/task.ts'
import type { TaskEvent } from '../../servers/orchestration/state.ts'
import { transition } from '../../servers/orchestration/state.ts'
import { staleTasks } from '../../web/task-events.ts'

const stageOf: Record<TaskState, TaskStage> = {
  ...{ blocked: 'pending', queued: 'pending', leased: 'active', running: 'active' },
  ...{ waiting: 'active', in_review: 'review', failed: 'failed' },
  ...{ succeeded: 'done', canceled: 'done' },
}
const moves = 'unblock claim start ask answer succeed propose fail requeue cancel'.split(' ')
const stages: TaskStage[] = ['pending', 'active', 'review', 'failed', 'done']

const event = (kind: string, attempts = 1) => ({
  ...{ seq: 1, at: 0, org: 'default', subject: 'task-1', task: 'task-1' },
  ...{ kind, data: { attempts } },
})

test('whatever moves a task makes the lists stale that it leaves and that it comes to', () => {
  for (const from of States.options)
    for (const move of moves) {
      const to = transition(from, move as TaskEvent)
      if (to === undefined) continue
      const moved = event(`task.${to}`, from === 'blocked' ? 0 : 1)
      const told = `${from} → ${to}`
      expect([told, staleTasks()(moved)]).toEqual([told, true])
      expect([told, staleTasks(stageOf[from])(moved)]).toEqual([told, true])
      expect([told, staleTasks(stageOf[to])(moved)]).toEqual([told, true])
    }
})

test.each([
  ['a new task is among those that wait to start alone', event('task.queued', 0), ['pending']],
  ['a task that is held is told where it waits', event('task.held'), ['pending']],
  ['steps and messages are in no list', event('task.progress'), []],
  ['what is no task is in none', event('pod.running'), []],
])('%s', (_claim, given, expected) => {
  expect(stages.filter((stage) => staleTasks(stage)(given))).toEqual(expected)
  expect(staleTasks()(given)).toBe(expected.length > 0)
})
