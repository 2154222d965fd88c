import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Capacity } from '../../../schemas/cluster.ts'
import type { Resources } from '../../../schemas/task.ts'
import { askedWith, rateOffers } from '../../../servers/cluster/placement.ts'
import { Promised, loadOf } from '../../../servers/cluster/promised.ts'
import { isOfUse, prospectsOf, soonest } from '../../../servers/cluster/reservation.ts'
import type { Reservation } from '../../../servers/cluster/store/reservations.ts'

const cpus = 8
const nodesOf = (count: number): Capacity[] =>
  Array.from({ length: count }, (_unused, at) => ({
    node: `n${at}`,
    cluster: 'kube',
    tags: [],
    health: 'ready',
    cpus: { total: cpus, promised: 0, load: 0, firm: true },
    memoryMb: { total: 8192, available: 8192, promised: 0 },
    diskMb: { total: 1, available: 1 },
    gpus: [],
    pods: { live: 0, limit: 110 },
    isolation: 'container',
    at: 0,
  }))
const request = { needs: {}, runners: ['loop'], org: 'acme', limit: Infinity }
type Pod = { node: string; resources: Resources }

/** Some nodes with pods on them, and what is kept there. */
class Machines {
  readonly nodes: Capacity[]
  readonly pods: Pod[] = []
  held: Reservation[] = []

  constructor(count: number) {
    this.nodes = nodesOf(count)
  }

  occupied() {
    const promised = new Promised()
    for (const { node, resources } of this.pods) promised.count('kube', node, resources)
    return { promised, orgPods: this.pods.length, held: this.held }
  }

  /** Starts a pod where the hub would; false where it fits nowhere. */
  start(task: string, resources: Resources): boolean {
    const asked = { ...request, task, resources }
    const [best] = rateOffers({ nodes: this.nodes, silent: [] }, this.occupied(), asked, 1)
    if (!best?.fits || best.node === undefined) return false
    this.pods.push({ node: best.node, resources })
    this.held = this.held.filter((one) => one.task !== task)
    return true
  }

  prospect(task: string, resources: Resources, org = 'acme') {
    const asked = askedWith({ ...request, org, task, resources }, this.occupied())
    return soonest(prospectsOf(this.nodes, this.occupied(), asked), ({ node }) =>
      this.pods.filter((pod) => pod.node === node).map((pod) => loadOf(pod.resources)),
    )
  }

  keep(task: string, resources: Resources, org = 'acme'): Reservation | undefined {
    const best = this.prospect(task, resources, org)
    if (!best) return undefined
    const kept = { cluster: 'kube', node: best.node.node, task, org, resources }
    this.held.push(kept)
    return kept
  }
}

const shape = (cores: number): Resources => ({ cpus: cores, memoryMb: 64 * cores })

test('with any stream of small tasks, a large one is placed before more pods end on its node than ran there', () => {
  const small = fc.constantFrom(0.5, 1, 2, 3, 4).map(shape)
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.array(fc.tuple(small, fc.nat()), { minLength: 200, maxLength: 400 }),
      fc.constantFrom(5, 6, 8).map(shape),
      (count, stream, large) => {
        const machines = new Machines(count)
        let next = 0
        // However much small work there is, it takes all the room that it can get.
        const fill = () => {
          while (next < stream.length && machines.start(`small-${next}`, stream[next]![0])) next++
        }
        fill()
        fc.pre(!machines.start('large', large))
        const kept = machines.keep('large', large)!
        const ranThere = machines.pods.filter(({ node }) => node === kept.node).length
        let ended = 0
        for (const [, pick] of stream) {
          fill()
          if (machines.start('large', large)) break
          const [gone] = machines.pods.splice(pick % machines.pods.length, 1)
          if (gone?.node === kept.node) ended++
          expect(ended).toBeLessThanOrEqual(ranThere)
        }
        // It has its place as soon as all that ran there at that time has ended, if not before.
        for (const pod of machines.pods.filter(({ node }) => node === kept.node)) {
          if (machines.held.length === 0) break
          fill()
          machines.pods.splice(machines.pods.indexOf(pod), 1)
        }
        expect(machines.held.length === 0 || machines.start('large', large)).toBe(true)
      },
    ),
    { numRuns: 100 },
  )
})

describe('the node that is kept', () => {
  test('is the one where the fewest pods have to end, then where the least is missing', () => {
    const machines = new Machines(3)
    const on = (node: string, ...sizes: number[]) =>
      machines.pods.push(...sizes.map((size) => ({ node, resources: shape(size) })))
    on('n0', 2, 2, 2, 2)
    on('n1', 4, 4)
    on('n2', 4, 1, 1, 1)
    // Two, one and one; of the last two less is missing on the third.
    expect(machines.prospect('large', shape(4))?.node.node).toBe('n2')
    expect(machines.prospect('large', shape(8))?.node.node).toBe('n1')
  })

  test('is none where it fits now, never will, or more than room is in the way', () => {
    const machines = new Machines(2)
    expect(machines.prospect('large', shape(8))).toBeUndefined()
    for (const node of ['n0', 'n1']) machines.pods.push({ node, resources: shape(4) })
    expect(machines.prospect('large', shape(9))).toBeUndefined()
    machines.nodes[0]!.closed = 'it is drained'
    // What others than the hub run there does not end for it.
    machines.nodes[1]!.cpus.promised = 5
    expect(machines.prospect('large', shape(8))).toBeUndefined()
    machines.nodes[1]!.cpus.promised = 4
    expect(machines.prospect('large', shape(8))?.node.node).toBe('n1')
  })

  test('is one of a small cluster, and of a large one a tenth at most, of which an org has half', () => {
    const few = new Machines(3)
    for (const { node } of few.nodes) few.pods.push({ node, resources: shape(4) })
    expect(few.keep('a', shape(8), 'acme')).toBeDefined()
    expect(few.keep('b', shape(8), 'umbra')).toBeUndefined()
    const machines = new Machines(40)
    for (const { node } of machines.nodes) machines.pods.push({ node, resources: shape(4) })
    const large = shape(8)
    const kept = [1, 2, 3].map((n) => machines.keep(`a${n}`, large, 'acme') !== undefined)
    expect(kept).toEqual([true, true, false])
    for (const n of [1, 2]) machines.keep(`u${n}`, large, 'umbra')
    expect(new Set(machines.held.map(({ node }) => node)).size).toBe(4)
    expect(machines.keep('third', large, 'third')).toBeUndefined()
  })

  test('is of use until more than room is in the way', () => {
    const machines = new Machines(1)
    const [node] = machines.nodes
    machines.pods.push({ node: 'n0', resources: shape(4) })
    const asked = {
      ...askedWith({ ...request, resources: shape(8) }, machines.occupied()),
      task: 'a',
    }
    const load = machines.occupied().promised.on('kube', 'n0')
    expect(isOfUse(node!, asked, load)).toBe(true)
    expect(isOfUse({ ...node!, closed: 'it is drained' }, asked, load)).toBe(false)
    expect(isOfUse(node!, { ...asked, quota: { used: 1, limit: 1 } }, load)).toBe(false)
  })
})
