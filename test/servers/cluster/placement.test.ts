import { describe, expect, test } from 'vitest'
import type { Capacity } from '../../../schemas/cluster.ts'
import { rateNode } from '../../../servers/cluster/placement.ts'

const node: Capacity = {
  node: 'n1',
  cluster: 'local',
  tags: ['os:linux', 'gpu'],
  health: 'ready',
  cpus: { total: 4, promised: 1, load: 0.5 },
  memoryMb: { total: 8000, available: 6000, promised: 1000 },
  diskMb: { total: 1000, available: 500 },
  gpus: [],
  pods: { live: 1, limit: 8 },
  isolation: 'none',
  at: 0,
}
const ask = {
  resources: { cpus: 1, memoryMb: 1024 },
  needs: {},
  runners: ['loop'],
  quota: { used: 0, limit: 8 },
}

describe('placement', () => {
  test('a node with room fits, and says why', () => {
    const rated = rateNode(node, ask)
    expect(rated.fits).toBe(true)
    expect(rated.score).toBeGreaterThan(0)
    expect(rated.reasons.join()).toContain('MiB memory free')
  })

  const refusals: [string, Parameters<typeof rateNode>[1], RegExp][] = [
    [
      'memory',
      { ...ask, resources: { cpus: 1, memoryMb: 6500 } },
      /6500 MiB asked for, 6000 MiB free/,
    ],
    ['cpus', { ...ask, resources: { cpus: 8, memoryMb: 64 } }, /8 CPUs asked for/],
    ['tags', { ...ask, needs: { tags: ['tpu'] } }, /tags tpu are missing/],
    [
      'isolation',
      { ...ask, needs: { isolation: 'bwrap' } },
      /isolation bwrap is asked for, offered: none/,
    ],
    ['quota', { ...ask, quota: { used: 8, limit: 8 } }, /the org runs 8 of 8 pods/],
  ]
  test.each(refusals)('missing %s is named', (_name, request, reason) => {
    const rated = rateNode(node, request)
    expect(rated).toMatchObject({ fits: false, score: 0 })
    expect(rated.reasons.join()).toMatch(reason)
  })

  test('more room scores higher', () => {
    const full = {
      ...node,
      memoryMb: { ...node.memoryMb, available: 2000 },
      cpus: { total: 4, promised: 4, load: 4 },
    }
    expect(rateNode(node, ask).score).toBeGreaterThan(rateNode(full, ask).score)
  })
})
