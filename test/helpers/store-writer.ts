import { randomUUID } from 'node:crypto'
import { Store } from '../../servers/kit/store.ts'
import { addPair } from './store-pairs.ts'

// Writes pairs of rows as fast as it can and prints the number of each one that was acknowledged.
const store = new Store(process.argv[2] ?? '', Date.now)
const from = Number(process.argv[3])
for (let batch = from; ; batch += 8)
  await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const number = batch + index
      const entry = {
        org: 'o',
        principal: 'p',
        tool: 'pair',
        outcome: 'ok',
        args: '{}',
        requestId: randomUUID(),
      }
      await store.transaction((tx) => addPair(tx, number), entry)
      process.stdout.write(`${number}\n`)
    }),
  )
