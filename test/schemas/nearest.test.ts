import { expect, test } from 'vitest'
import { nearest } from '../../schemas/nearest.ts'

test.each([
  ['strat', 'start', 'two letters are swapped'],
  ['prot', 'port', 'two letters of a short word are swapped'],
  ['rap', 'rep', 'one of three letters is another'],
  ['task_sumbit', 'task_submit', 'a long word'],
  ['deletions', 'deletion', 'one letter is too many'],
  ['TASK_LIST', 'task_list', 'the case is another'],
  ['get-sum', 'get_sum', 'a dash stands for an underscore'],
  ['getSum', 'get_sum', 'a capital stands for an underscore'],
  ['list_tasks', 'task_list', 'the words stand in another order'],
  ['create-task-note', 'note_task_create', 'the words of a long name do'],
])('%s means %s: %s', (word, meant) => {
  expect(nearest(word, ['watch', meant, 'tools'])).toBe(meant)
})

test.each([
  ['ls', 'id'],
  ['run', 'org'],
  ['ps', 'cpu'],
  ['list', 'link'],
  ['status', 'start'],
  ['note_read', 'task_list'],
  ['task_note', 'note_list'],
  ['', 'a'],
])('%s is no slip of %s', (word, other) => {
  expect(nearest(word, [other])).toBeUndefined()
})
