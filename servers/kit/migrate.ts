import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { HubError } from '../../schemas/errors.ts'
import { codeRoot } from './code-root.ts'

const folder = join(codeRoot, 'servers', 'kit', 'migrations')

/** Brings a database forward, one numbered file at a time. There is no way back: restore a backup. */
export function migrate(db: Database.Database): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  const version = db.pragma('user_version', { simple: true }) as number // An integer by definition.
  if (version > files.length) {
    throw new HubError('unsupported', `the data directory was written by a newer Switchyard`, {
      hint: `It has schema ${version} and this version knows ${files.length}: upgrade Switchyard.`,
    })
  }
  files.forEach((name, index) => {
    if (index < version) return
    db.transaction(() => {
      db.exec(readFileSync(join(folder, name), 'utf8'))
      db.pragma(`user_version = ${index + 1}`)
    })()
  })
}
