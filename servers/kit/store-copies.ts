import { chmodSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type Database from 'better-sqlite3'
import { HubError } from '../../schemas/errors.ts'
import { isDiskFull } from './store-errors.ts'

/** Enough to step back over the last two upgrades. */
const keptCopies = 2

/**
 * Writes a consistent copy of the store beside it, before it is brought to another schema, and
 * returns its name; nothing for one that is in memory only.
 */
export function copyBeforeMigration(db: Database.Database, schema: number): string | undefined {
  if (db.memory) return undefined
  const file = `${db.name}.before-${String(schema).padStart(3, '0')}`
  const partial = `${file}.partial`
  rmSync(partial, { force: true }) // A process that ended in the middle left it.
  try {
    db.prepare('VACUUM INTO :partial').run({ partial })
    chmodSync(partial, 0o600)
    renameSync(partial, file)
    return file
  } catch (error) {
    rmSync(partial, { force: true })
    if (!isDiskFull(error)) throw error
    throw new HubError('exhausted', 'the disk has no room for the copy kept before an upgrade', {
      hint: `It takes as much as ${db.name}: free that much and start again; nothing was changed.`,
      cause: error,
    })
  }
}

/** Removes all but the newest copies. */
export function removeOldCopies(db: Database.Database): void {
  if (db.memory) return
  for (const old of copiesOf(db.name).slice(keptCopies)) rmSync(old)
}

/** The copies beside a store, of the newest schema first. */
export const copiesOf = (file: string): string[] =>
  readdirSync(dirname(file))
    .filter((name) => name.startsWith(`${basename(file)}.before-`) && /\d$/.test(name))
    .sort()
    .reverse()
    .map((name) => join(dirname(file), name))
