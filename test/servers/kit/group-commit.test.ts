import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import { array, assert, asyncProperty, constantFrom, nat, record } from 'fast-check'
import { expect, test } from 'vitest'
import { HubError } from '../../../schemas/errors.ts'
import type { Transaction } from '../../../servers/kit/sql.ts'
import { Store } from '../../../servers/kit/store.ts'
import { verifyAudit } from '../../../servers/kit/store/audit.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { addPair, readPairs } from '../../helpers/store-pairs.ts'

const writer = join(import.meta.dirname, '..', '..', 'helpers', 'store-writer.ts')

const entry = (number: number) => ({
  org: 'o',
  principal: 'p',
  tool: 'pair',
  outcome: 'ok',
  args: String(number),
  requestId: 'r',
})

/** What one caller does: how, whether it thinks better of it, and how many turns later than the others. */
const change = record({
  kind: constantFrom('transaction' as const, 'record' as const),
  ends: constantFrom('well' as const, 'throws' as const, 'breaks a rule' as const),
  turns: nat(4),
})
type Change = { kind: 'transaction' | 'record'; ends: string; turns: number }

async function carryOut(store: Store, number: number, { kind, ends, turns }: Change) {
  for (let turn = 0; turn < turns; turn++) await setImmediate()
  if (kind === 'record') return store.record(entry(number))
  return store.transaction(async (tx) => {
    await addPair(tx, number)
    if (ends === 'throws') throw new HubError('conflict', 'on second thoughts')
    if (ends !== 'well') await tx.insert('cursors', { name: `${number}-a`, seq: number })
  }, entry(number))
}

test('of any changes at a time those that were acknowledged are stored whole, and the others not at all', async () => {
  await assert(
    asyncProperty(array(change, { minLength: 1, maxLength: 25 }), async (changes) => {
      const store = new Store(join(makeFolder(), 'a.db'), Date.now)
      const done = new AbortController()
      const watching = (async () => {
        while (!done.signal.aborted) {
          await readPairs(store.reader) // Throws when it sees half of a transaction.
          await setImmediate()
        }
      })()
      const outcomes = await Promise.allSettled(
        changes.map((one, number) => carryOut(store, number, one)),
      )
      done.abort()
      await watching
      const isWell = ({ kind, ends }: Change) => kind === 'record' || ends === 'well'
      expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(changes.map(isWell))
      const stored = changes.flatMap((one, number) =>
        isWell(one) && one.kind !== 'record' ? [number] : [],
      )
      expect(await readPairs(store.reader)).toEqual(stored)
      const rows = changes.filter(isWell).length
      expect(await verifyAudit(store.reader)).toMatchObject({ intact: true, rows })
      await store.close()
    }),
    { numRuns: 40 },
  )
})

test('records of one moment follow each other in one chain, however many there are', async () => {
  for (const count of [1, 7, 8, 9, 16, 21]) {
    const store = new Store(join(makeFolder(), 'a.db'), Date.now)
    await Promise.all(Array.from({ length: count }, (_, number) => store.record(entry(number))))
    expect(await verifyAudit(store.reader)).toMatchObject({ intact: true, rows: count })
    const rows = await store.reader.all('SELECT args FROM audit ORDER BY seq')
    expect(rows.map(({ args }) => args)).toEqual(Array.from({ length: count }, (_, i) => `${i}`))
    await store.close()
  }
})

test('nothing acknowledged is lost and nothing is stored by half, whenever the process is killed', async () => {
  const file = join(makeFolder(), 'a.db')
  const acknowledged = new Set<number>()
  for (let round = 0; round < 5; round++) {
    const from = 1_000_000 * (round + 1)
    const child = spawn(process.execPath, [writer, file, String(from)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const enough = 20 + Math.floor(Math.random() * 200)
    let seen = 0
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.add(Number(line)) // Also what it had said when it was killed.
      if (++seen === enough) child.kill('SIGKILL')
    }
    const store = new Store(file, Date.now)
    const stored = new Set(await readPairs(store.reader))
    expect([...acknowledged].filter((number) => !stored.has(number))).toEqual([])
    expect(await verifyAudit(store.reader)).toMatchObject({ intact: true, rows: stored.size })
    await store.close()
  }
  expect(acknowledged.size).toBeGreaterThanOrEqual(100)
})

test('a reader sees nothing of a transaction that is open', async () => {
  const store = new Store(join(makeFolder(), 'a.db'), Date.now)
  const seen: number[] = []
  await store.transaction(async (tx) => {
    await tx.insert('cursors', { name: 'a', seq: 1 })
    seen.push((await store.reader.all('SELECT * FROM cursors')).length)
    seen.push((await tx.all('SELECT * FROM cursors')).length)
  })
  seen.push((await store.reader.all('SELECT * FROM cursors')).length)
  expect(seen).toEqual([0, 1, 1])
  await store.close()
})

test('a statement that comes after the end of its transaction is refused', async () => {
  const store = new Store(join(makeFolder(), 'a.db'), Date.now)
  const kept = await store.transaction((tx): Promise<Transaction> => Promise.resolve({ ...tx }))
  await expect(kept.insert('cursors', { name: 'late', seq: 1 })).rejects.toThrow(/is over/)
  expect(await readPairs(store.reader)).toEqual([])
  await store.close()
})
