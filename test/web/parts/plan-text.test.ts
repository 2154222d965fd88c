import { expect, test } from 'vitest'
import { levels, parsePlan } from '../../../web/parts/plan-text.ts'

test('a line is a step with what it comes after', () => {
  const parsed = parsePlan(
    '# release\nbuild: npm run build\ntest after build: npm test -- --grep "a: b"\n\ngate agree after test, build: Ship it?\n',
    'command',
  )
  expect(parsed).toEqual({
    kind: 'steps',
    steps: [
      {
        name: 'build',
        needs: [],
        template: 'command',
        title: 'npm run build',
        command: 'npm run build',
      },
      {
        name: 'test',
        needs: ['build'],
        template: 'command',
        title: 'npm test -- --grep "a: b"',
        command: 'npm test -- --grep "a: b"',
      },
      { name: 'agree', needs: ['test', 'build'], gate: { kind: 'person', question: 'Ship it?' } },
    ],
  })
})

test.each([
  ['nothing', '', 'there are no steps yet'],
  ['a line without what to do', 'build', 'expected'],
  ['a name twice', 'a: x\na: y', 'a is there twice'],
  ['an unknown need', 'a after b: x', 'a needs b, which is no step'],
  ['a circle', 'a after b: x\nb after a: y', 'in a circle'],
  ['JSON cut off', '[{"name": "a"', 'SyntaxError'],
  ['JSON without names', '[{"title": "a"}]', 'each step needs a name'],
  ['JSON of something else', '[null, 3]', 'each step needs a name'],
])('%s is said where it is wrong', (_, text, message) => {
  expect(parsePlan(text, 'code')).toMatchObject({
    kind: 'wrong',
    message: expect.stringContaining(message) as string,
  })
})

test('a level is the longest way, also in a long chain', () => {
  const steps = Array.from({ length: 20_000 }, (_, at) => ({
    name: `s${at}`,
    needs: at === 0 ? [] : [`s${at - 1}`],
  }))
  expect(levels(steps)?.get('s19999')).toBe(19_999)
})
