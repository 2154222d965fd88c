import { expect, test } from 'vitest'
import { failure, startHub } from '../../helpers/hub.ts'

/** A tool, what it is sent, what it says, and what it adds where a field is not known. */
const cases: [string, Record<string, unknown>, string, (string | undefined)?][] = [
  [
    'plan_create',
    { steps: [{ name: 'a', need: ['b'] }] },
    'steps.0.need: no such field, did you mean needs?',
    'Fields of steps.0: name, needs, gate,',
  ],
  [
    'budget_set',
    { budget: { week: { tokens: 5 } } },
    'budget.week: no such field',
    'Fields of budget: steps, tokens, costUsd, timeMs, day, month.',
  ],
  [
    'budget_set',
    { budget: { day: { costUsd: -1 } } },
    'budget.day.costUsd: Too small: expected number to be >0',
  ],
  ['budget_set', { budget: 'much' }, 'budget: expected an object or null, not text'],
  [
    'note_property',
    { path: 'a', set: { n: { a: 1 } } },
    'set.n: expected text, a number, true or false, null or a list, not an object',
  ],
  ['task_list', { limit: 'ten' }, 'limit: expected a number, not "ten"'],
  ['task_list', { limit: 5000 }, 'limit: Too big: expected number to be <=200'],
  [
    'server_reject',
    { name: 'up', tools: ['echo'] },
    'server: is missing; name: no such field, did you mean server?',
    'Fields: server, tools.',
  ],
  [
    'peer_remove',
    { peer: 'bob' },
    'name: is missing; peer: no such field, did you mean name?',
    'Fields: name.',
  ],
  [
    'change_merge',
    { change: 'c', expect_head: 'main' },
    'expect_head: expected the whole hash of a commit, as change_read shows it: 40 to 64 hexadecimal digits',
  ],
]

test('what is wrong with an argument is said at its place, and fields are listed where one is not known', async () => {
  const hub = await startHub()
  for (const [tool, args, message, hint] of cases) {
    const refused = await failure(hub.call(tool, args))
    expect(refused).toMatchObject({ code: 'invalid', message: `${tool}: ${message}` })
    if (hint === undefined) expect(refused).not.toHaveProperty('hint')
    else expect(refused.hint).toContain(hint)
  }
})
