import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Node } from '../../../../servers/orchestration/plans/graph.ts'
import { maxLevel, maxSteps, placeSteps } from '../../../../servers/orchestration/plans/graph.ts'

const node = (name: string, needs: string[] = [], gate?: Node['gate']): Node => ({
  name,
  needs,
  gate,
})
const chain = (length: number) =>
  Array.from({ length }, (_, at) => node(`s${at}`, at === 0 ? [] : [`s${at - 1}`]))

test.each<[string, Node[], string]>([
  ['nothing', [], 'the plan has no steps'],
  ['two of a name', [node('a'), node('b'), node('a')], 'two steps are called a'],
  [
    'a need that is not there',
    [node('build'), node('b', ['biuld'])],
    'the step b needs biuld, which is no step of the plan',
  ],
  ['itself', [node('a', ['a'])], 'the step a needs itself'],
  [
    'a circle of two',
    [node('a', ['b']), node('b', ['a'])],
    'steps need one another in a circle: a → b → a',
  ],
  [
    'a circle behind and before others',
    [node('x'), node('a', ['x', 'c']), node('b', ['a']), node('c', ['b']), node('y', ['c'])],
    'steps need one another in a circle: a → b → c → a',
  ],
  ['a gate without a view', [node('g', [], { kind: 'check' })], 'the gate g looks at no task'],
  [
    'a gate that only sees gates',
    [node('p', [], { kind: 'person' }), node('g', ['p'], { kind: 'change' })],
    'the gate g looks at no task',
  ],
  [
    'too deep',
    chain(maxLevel + 2),
    `the step s${maxLevel + 1} stands ${maxLevel + 1} steps deep, and ${maxLevel} is the limit`,
  ],
  [
    'too many',
    Array.from({ length: maxSteps + 1 }, (_, at) => node(`s${at}`)),
    `the plan has ${maxSteps + 1} steps, and ${maxSteps} is the limit`,
  ],
])('%s is refused by name', (_what, steps, message) => {
  expect(() => placeSteps(steps)).toThrow(message)
})

test('a need that is nearly right comes with the name that was meant', () => {
  expect(() => placeSteps([node('build'), node('b', ['biuld'])])).toThrow(
    expect.objectContaining({ hint: 'Did you mean build?' }),
  )
})

test('each step stands one deeper than the deepest that it needs, in any order and once for each name', () => {
  const steps = [node('d', ['b', 'c', 'b']), node('c', ['b']), node('b', ['a']), node('a')]
  expect(placeSteps(steps)).toEqual([
    { needs: [2, 1], level: 3 },
    { needs: [2], level: 2 },
    { needs: [3], level: 1 },
    { needs: [], level: 0 },
  ])
})

test('any graph whose needs point backwards is placed, and one edge forwards on a way back closes a circle', () => {
  const graph = fc
    .integer({ min: 2, max: 30 })
    .chain((size) =>
      fc.tuple(
        ...Array.from({ length: size }, (_, at) =>
          fc.subarray(Array.from({ length: at }, (_unused, before) => before)),
        ),
      ),
    )
  fc.assert(
    fc.property(graph, (needs) => {
      const steps = needs.map((list, at) =>
        node(
          `s${at}`,
          list.map((before) => `s${before}`),
        ),
      )
      for (const [at, { level }] of placeSteps(steps).entries())
        expect(level).toBe(
          Math.max(-1, ...needs[at]!.map((before) => placeSteps(steps)[before]!.level)) + 1,
        )
      const at = needs.findIndex((list) => list.length > 0)
      if (at < 0) return
      const first = needs[at]![0]!
      const closed = steps.with(first, node(`s${first}`, [...steps[first]!.needs, `s${at}`]))
      expect(() => placeSteps(closed)).toThrow(/in a circle: .*s\d+ → s\d+/)
    }),
  )
})
