import { describe, expect, test } from 'vitest'
import type { Place } from '../../../hub/controllers/place.ts'
import { decidePlace, fallbackMs } from '../../../hub/controllers/place.ts'
import type { PlacementCandidate } from '../../../schemas/cluster.ts'

type Task = Parameters<typeof decidePlace>[1]

const rated = (
  kind: PlacementCandidate['kind'],
  more: Partial<PlacementCandidate> = {},
): PlacementCandidate => ({
  kind,
  name: `the-${kind}`,
  fits: true,
  passes: true,
  score: 0.5,
  reasons: ['because'],
  ...more,
})
const [node, agent, peer] = [rated('node'), rated('agent'), rated('peer')]
const full = rated('node', { fits: false, reasons: ['it is full'] })
const wrong = rated('node', { fits: false, passes: false, reasons: ['tags gpu are missing'] })
const gone = rated('agent', { fits: false, away: 'the agent x is gone' })
const first: Task = { needs: {}, waitedMs: 0, isFirstLook: true, taken: new Set() }
const pinned = { ...first, needs: { agent: 'x' } }

const cases: [string, PlacementCandidate[], Task, Place][] = [
  ['an idle agent comes first', [node, agent, peer], first, { kind: 'agent', name: 'the-agent' }],
  ['it is waited for once', [node, agent], { ...first, isFirstLook: false }, { kind: 'node' }],
  [
    'and again where nobody else fits',
    [agent, wrong],
    { ...first, isFirstLook: false },
    { kind: 'agent', name: 'the-agent' },
  ],
  [
    'one agent takes one task',
    [node, agent],
    { ...first, taken: new Set(['the-agent']) },
    { kind: 'node' },
  ],
  ['a pod here comes before a peer', [peer, node], first, { kind: 'node' }],
  ['a peer takes what fits nowhere here', [peer, full], first, { kind: 'peer', name: 'the-peer' }],
  [
    'a lack of room passes',
    [full, wrong],
    first,
    {
      kind: 'wait',
      passes: true,
      reason: 'nobody can take it: node the-node: it is full · node the-node: tags gpu are missing',
    },
  ],
  [
    'what nobody offers does not',
    [wrong],
    first,
    {
      kind: 'wait',
      passes: false,
      reason: 'nobody can take it: node the-node: tags gpu are missing',
    },
  ],
  [
    'whom it names is waited for',
    [gone, wrong],
    pinned,
    { kind: 'wait', passes: true, reason: 'the agent x is gone' },
  ],
  [
    'for a stated time',
    [gone, wrong],
    { ...pinned, waitedMs: fallbackMs },
    { kind: 'free', reason: 'the agent x is gone, so others than x may take it' },
  ],
  [
    'or for ever where nobody else may',
    [gone, wrong],
    { ...pinned, needs: { agent: 'x', fallback: false }, waitedMs: fallbackMs },
    { kind: 'wait', passes: false, reason: 'it waits for x alone: the agent x is gone' },
  ],
]

describe('placing a task', () => {
  test.each(cases)('%s', (_name, candidates, task, place) => {
    expect(decidePlace(candidates, task)).toEqual(place)
  })

  test('a reason stays within what a task may keep', () => {
    const many = Array.from({ length: 500 }, () => wrong)
    const place = decidePlace(many, first)
    expect(place.kind === 'wait' && place.reason.length).toBeLessThanOrEqual(2000)
  })
})
