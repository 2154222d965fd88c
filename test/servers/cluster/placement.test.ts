import { describe, expect, test } from 'vitest'
import type { Capacity } from '../../../schemas/cluster.ts'
import { rateNode } from '../../../servers/cluster/rating.ts'
import { warmOf } from '../../../servers/cluster/warm.ts'

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

  const withGpus = { ...node, gpus: [1, 2].map(() => ({ name: 'GPU', memoryMb: 0 })) }
  const gpuCases: [string, number | undefined, string[], number, RegExp][] = [
    ['more than there are', 3, [], 0, /3 GPUs asked for, the node has 2/],
    ['more than are left', 2, [], 1, /2 GPUs asked for, 1 unpromised/],
    ['the tag counts for one', undefined, ['gpu'], 2, /1 GPUs asked for, 0 unpromised/],
  ]
  test.each(gpuCases)('GPUs are counted: %s', (_name, gpus, tags, gpusPromised, reason) => {
    const resources = { ...ask.resources, ...(gpus === undefined ? {} : { gpus }) }
    const rated = rateNode({ ...withGpus, gpusPromised }, { ...ask, resources, needs: { tags } })
    expect(rated.fits).toBe(false)
    expect(rated.reasons.join()).toMatch(reason)
  })

  test('a tag for GPUs that nobody counts stays a tag', () => {
    expect(rateNode(node, { ...ask, needs: { tags: ['gpu'] } }).fits).toBe(true)
  })

  test('where the work is kept scores highest, then where its repository was', () => {
    const pod = { cluster: 'local', node: 'n1', repo: '/r' }
    const rated = [
      rateNode(node, { ...ask, warm: warmOf([pod], { keeper: 'local', repo: '/r' }) }),
      rateNode(node, { ...ask, warm: warmOf([pod], { keeper: undefined, repo: '/r' }) }),
      rateNode(node, {
        ...ask,
        warm: warmOf([{ ...pod, node: 'n2' }], { keeper: 'other', repo: '/r' }),
      }),
      rateNode(node, { ...ask, warm: warmOf([pod], { keeper: 'other', repo: '/s' }) }),
      rateNode(node, { ...ask, warm: warmOf([], { keeper: 'other', repo: '/s' }) }),
    ]
    expect(rated.map(({ reasons }) => reasons[3])).toEqual([
      'the task ran in this cluster before',
      'its repository was worked on here',
      'its repository was worked on in this cluster',
      'pods of the org ran here',
      undefined,
    ])
    const scores = rated.map(({ score }) => score)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(new Set(scores).size).toBe(5)
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
