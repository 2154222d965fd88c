import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { monotonicNow } from '../../servers/kit/clock.ts'
import { Store } from '../../servers/kit/store.ts'
import type { Salvaged } from '../../servers/kit/store/salvage.ts'
import { salvageStore } from '../../servers/kit/store/salvage.ts'
import { lockStopped } from './lock-stopped.ts'

const others = ['token', 'seal.key', 'switchyard.json', 'artifacts', 'repos', 'radicle', 'context']

/** Makes a new data directory of what can be read of a damaged one, which stays as it is. */
export async function salvage(dataDir: string, to: string): Promise<Salvaged[]> {
  const target = resolve(to)
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new HubError('conflict', `${target} is not empty`, { hint: 'Name a new folder.' })
  const lock = lockStopped(dataDir) // Not beneath a hub that still writes.
  try {
    await mkdir(target, { recursive: true, mode: 0o700 })
    const file = join(target, 'switchyard.db')
    const tables = salvageStore(join(dataDir, 'switchyard.db'), file)
    for (const name of others)
      if (existsSync(join(dataDir, name)))
        await cp(join(dataDir, name), join(target, name), { recursive: true })
    await record(file, tables)
    return tables
  } finally {
    lock.release()
  }
}

/** Whoever reads the trail later learns why its chain may not fit. */
async function record(file: string, tables: Salvaged[]): Promise<void> {
  const store = new Store(file, monotonicNow)
  const damaged = tables.filter(({ isWhole }) => !isWhole).map(({ table }) => table)
  try {
    await store.transaction(() => Promise.resolve(), {
      org: '*',
      principal: 'owner',
      tool: 'store_salvage',
      outcome: 'ok',
      args: JSON.stringify({ damaged }),
      requestId: randomUUID(),
    })
  } finally {
    await store.close()
  }
}
