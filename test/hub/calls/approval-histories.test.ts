import { join } from 'node:path'
import { array, assert, asyncProperty, constantFrom, nat, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { Store } from '../../../servers/kit/store.ts'
import { readApproval } from '../../../servers/orchestration/store/approvals.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { GateHistory } from '../../helpers/gate-history.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const calls = [0, 1, 2]
const kinds = [
  'send',
  'send',
  'send',
  'approve',
  'approve',
  'deny',
  'both',
  'leave',
  'take back',
  'expire',
  'crash',
] as const
type Kind = (typeof kinds)[number]
const steps = array(tuple(constantFrom(...kinds), nat(calls.length - 1), nat(5)), {
  minLength: 3,
  maxLength: 24,
})

const histories = Number(process.env.APPROVAL_HISTORIES ?? 200)

async function step(history: GateHistory, kind: Kind, call: number): Promise<void> {
  switch (kind) {
    case 'send':
      return history.send(call)
    case 'approve':
      return history.answer(call, ['approve', 'approve'])
    case 'deny':
      return history.answer(call, ['deny'])
    case 'both':
      return history.answer(call, ['approve', 'deny'])
    case 'leave':
      return history.leave(call)
    case 'take back':
      return history.takeBack(call)
    case 'expire':
      return history.expire()
    case 'crash':
      return history.crash()
  }
}

test('whatever happens in whatever order, a held call is made at most once, and once where it was approved and not lost', async () => {
  const clock = new ManualClock()
  const store = new Store(join(makeFolder('histories'), 'a.db'), clock.now, clock)
  const seen = { approvals: 0, made: 0, lost: 0, handedOut: 0 }
  let number = 0
  const property = asyncProperty(steps, async (course) => {
    const history = new GateHistory(store, clock, String(number++))
    for (const [kind, call, turns] of course) {
      await step(history, kind, call)
      await history.turns(turns)
    }
    await history.end(calls)
    for (const approval of history.approvals) {
      const state = (await readApproval(store.reader, approval))?.state
      if (state === undefined) continue // Nobody asked: the same call was waiting already.
      const made = history.made.get(approval) ?? 0
      const isLost = history.lost.has(approval)
      if (state !== 'approved') expect([approval, state, made]).toEqual([approval, state, 0])
      else if (isLost) expect(made).toBeLessThanOrEqual(1)
      else expect([approval, state, made]).toEqual([approval, state, 1])
      seen.approvals++
      seen.made += made
      seen.lost += Number(isLost)
    }
    // Nor is an outcome handed out twice.
    expect(new Set(history.handedOut).size).toBe(history.handedOut.length)
    seen.handedOut += history.handedOut.length
  })
  await assert(property, { numRuns: histories })
  await store.close()
  // The histories reach what they are about.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0)
  if (process.env.APPROVAL_HISTORIES) console.log(histories, seen)
}, 300_000)
