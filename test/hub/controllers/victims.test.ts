import { describe, expect, test } from 'vitest'
import type { Runner } from '../../../hub/controllers/victims.ts'
import { victimSets, youngestMs } from '../../../hub/controllers/victims.ts'

const runner = (pod: string, more: Partial<Runner> = {}): Runner => ({
  pod,
  task: `task-of-${pod}`,
  org: 'a',
  node: 'local/n1',
  priority: 0,
  startedAt: 0,
  isMovable: true,
  ...more,
})
const wanted = { org: 'a', priority: 10 }

describe('who makes room', () => {
  test('one before two, the lowest priority first, then the youngest', () => {
    const runners = [
      runner('old'),
      runner('young', { startedAt: 5 }),
      runner('low', { priority: -5 }),
      runner('elsewhere', { node: 'east/n9', priority: 9 }),
    ]
    expect(victimSets(wanted, runners, youngestMs + 5)).toEqual([
      ['low'],
      ['young'],
      ['old'],
      ['elsewhere'],
      ['low', 'young'],
      ['low', 'young', 'old'],
    ])
  })

  const spared: [string, Partial<Runner>, number][] = [
    ['the same priority', { priority: 10 }, youngestMs],
    ['a higher one', { priority: 11 }, youngestMs],
    ['another org', { org: 'b' }, youngestMs],
    ['what waits for a person', { isMovable: false }, youngestMs],
    ['what has just begun', {}, youngestMs - 1],
  ]
  test.each(spared)('never %s', (_name, more, now) => {
    expect(victimSets(wanted, [runner('p', more)], now)).toEqual([])
  })
})
