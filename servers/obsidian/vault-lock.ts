import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Context } from '../kit/context.ts'
import { withFileLock } from '../kit/files/lock.ts'
import { recoverMoves } from './move-journal.ts'
import type { Vault } from './vaults.ts'

export const journalFolder = (ctx: Context): string => join(ctx.dataDir, 'vault-journal')

/**
 * One writer at a time, over all processes of this machine that go through a hub. A move that a
 * killed hub left half done is undone before anything else is written.
 */
export function withVaultLock<T>(ctx: Context, vault: Vault, work: () => Promise<T>): Promise<T> {
  const folder = join(tmpdir(), `switchyard-locks-${userInfo().uid}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return withFileLock(join(folder, hash('sha256', vault.root).slice(0, 32)), async () => {
    const undone = await recoverMoves(vault, journalFolder(ctx))
    if (undone > 0) {
      ctx.log.warn({ vault: vault.name, moves: undone }, 'a move that was cut off was undone')
      await vault.index.refresh(true)
    }
    return work()
  })
}
