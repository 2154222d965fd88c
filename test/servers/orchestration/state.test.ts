import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TaskState } from '../../../schemas/task.ts'
import { TaskState as States, isTerminal } from '../../../schemas/task.ts'
import type { TaskEvent } from '../../../servers/orchestration/state.ts'
import { retryDecision, transition } from '../../../servers/orchestration/state.ts'

const events: TaskEvent[] = [
  'unblock',
  'claim',
  'start',
  'ask',
  'answer',
  'succeed',
  'propose',
  'fail',
  'requeue',
  'cancel',
]

describe('task states', () => {
  const cases: [TaskState, TaskEvent, TaskState | undefined][] = [
    ['queued', 'claim', 'leased'],
    ['leased', 'start', 'running'],
    ['running', 'ask', 'waiting'],
    ['waiting', 'answer', 'running'],
    ['running', 'propose', 'in_review'],
    ['in_review', 'requeue', 'queued'],
    ['in_review', 'succeed', 'succeeded'],
    ['running', 'requeue', 'queued'],
    ['queued', 'start', undefined],
    ['queued', 'succeed', undefined],
    ['leased', 'succeed', undefined],
    ['waiting', 'succeed', undefined],
    ['in_review', 'claim', undefined],
    ['running', 'claim', undefined],
  ]
  test.each(cases)('%s on %s becomes %s', (state, event, next) => {
    expect(transition(state, event)).toBe(next)
  })

  test('terminal states are final', () => {
    for (const state of States.options.filter(isTerminal)) {
      for (const event of events) expect(transition(state, event)).toBeUndefined()
    }
  })

  test('every live state can be canceled', () => {
    for (const state of States.options.filter((option) => !isTerminal(option))) {
      expect(transition(state, 'cancel')).toBe('canceled')
    }
  })

  test('no sequence of events leaves a terminal state or reaches work without a claim', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 40 }), (sequence) => {
        let state: TaskState = 'queued'
        let claimed = false
        for (const event of sequence) {
          const next = transition(state, event)
          if (next === undefined) continue
          if (isTerminal(state)) return false
          if (event === 'claim') claimed = true
          if (next === 'queued') claimed = false
          if (['leased', 'running', 'waiting'].includes(next) && !claimed) return false
          state = next
        }
        return true
      }),
    )
  })
})

describe('retry policy', () => {
  const base = { lost: false, retryable: true, failures: 1, attempts: 1, maxAttempts: 3 }
  test('a failure that cannot be mended is not retried', () => {
    expect(retryDecision({ ...base, retryable: false })).toEqual({ retry: false })
  })
  test('failures are retried with a growing pause until attempts run out', () => {
    expect(retryDecision(base)).toEqual({ retry: true, delayMs: 1000 })
    expect(retryDecision({ ...base, failures: 2 })).toEqual({ retry: true, delayMs: 2000 })
    expect(retryDecision({ ...base, failures: 3 })).toEqual({ retry: false })
  })
  test("a lost lease is nobody's failure, but not for ever", () => {
    expect(retryDecision({ ...base, lost: true, attempts: 9 })).toEqual({ retry: true, delayMs: 0 })
    expect(retryDecision({ ...base, lost: true, attempts: 23 })).toEqual({ retry: false })
  })
})
