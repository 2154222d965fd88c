import { expect, test } from 'vitest'
import { nearest } from '../../schemas/nearest.ts'

test.each([
  ['strat', 'start', 'two letters are swapped'],
  ['prot', 'port', 'two letters of a short word are swapped'],
  ['rap', 'rep', 'one of three letters is another'],
  ['task_sumbit', 'task_submit', 'a long word'],
  ['deletions', 'deletion', 'one letter is too many'],
])('%s means %s: %s', (word, meant) => {
  expect(nearest(word, ['watch', meant, 'tools'])).toBe(meant)
})

test.each([
  ['ls', 'id'],
  ['run', 'org'],
  ['ps', 'cpu'],
  ['list', 'link'],
  ['status', 'start'],
  ['', 'a'],
])('%s is no slip of %s', (word, other) => {
  expect(nearest(word, [other])).toBeUndefined()
})
