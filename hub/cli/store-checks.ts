import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { HubError } from '../../schemas/errors.ts'
import {
  chainVerdict,
  danglingRows,
  followerLags,
  pageProblems,
  schemaState,
  storeSize,
} from '../../servers/kit/store/inventory.ts'
import { copiesOf } from '../../servers/kit/store-copies.ts'
import { asOpenError } from '../../servers/kit/store-errors.ts'
import type { Finding } from './finding.ts'
import { counted, fine, inBytes, warning, wrong } from './finding.ts'

const salvageHint =
  'Stop the hub. `switchyard restore FILE --force` brings a backup back; `switchyard doctor --salvage NEWDIR` saves what can be read.'
const restoreHint = 'Bring a backup back with `switchyard restore FILE --force`.'
/** A follower of events that is so far behind does not work. */
const farBehind = 10_000

/** Opens a store for looking at it only; what cannot be opened is the one finding. */
export function openForChecks(dataDir: string): Database.Database | Finding {
  const file = join(dataDir, 'switchyard.db')
  if (!existsSync(file))
    return existsSync(join(dataDir, 'token'))
      ? wrong('store', `${file} is missing`, restoreHint)
      : warning('store', 'nothing was stored yet', 'A start makes the store.')
  if (statSync(file).size === 0) return wrong('store', `${file} is empty`, restoreHint)
  try {
    const db = new Database(file, { readonly: true })
    schemaState(db) // Reads the first page.
    return db
  } catch (error) {
    return wrong('store', messageOf(asOpenError(error, file)), salvageHint)
  }
}

/** What a store says of itself. One question that cannot be answered leaves the others. */
export async function checkStore(db: Database.Database, dataDir: string): Promise<Finding[]> {
  const checks: [string, () => Finding | Promise<Finding>][] = [
    ['schema', () => checkSchema(db)],
    ['size', () => checkSize(db, dataDir)],
    ['pages', () => checkPages(db)],
    ['references', () => checkReferences(db)],
    ['audit', () => checkAudit(db)],
    ['events', () => checkFollowers(db)],
  ]
  const findings: Finding[] = []
  for (const [name, check] of checks) findings.push(await asked(name, check))
  return findings
}

/** The answer of one check, or what kept it from being given. */
export async function asked(
  name: string,
  check: () => Finding | Promise<Finding>,
): Promise<Finding> {
  try {
    return await check()
  } catch (error) {
    return wrong(name, `it cannot be read: ${messageOf(error)}`, salvageHint)
  }
}

function checkSchema(db: Database.Database): Finding {
  const { schema, pending } = schemaState(db)
  if (pending === 0) return fine('schema', `schema ${schema}`)
  return warning(
    'schema',
    `schema ${schema}: ${counted(pending, 'migration is', 'migrations are')} to come`,
    'The next start brings it forward and keeps a copy beside it.',
  )
}

function checkSize(db: Database.Database, dataDir: string): Finding {
  const file = join(dataDir, 'switchyard.db')
  const { bytes, unusedBytes } = storeSize(db)
  const wal = existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0
  const copies = copiesOf(file)
  const kept = copies.reduce((sum, copy) => sum + statSync(copy).size, 0)
  const parts = [`${inBytes(bytes)}, ${inBytes(unusedBytes)} of it unused`, `log ${inBytes(wal)}`]
  if (copies.length > 0)
    parts.push(
      `${counted(copies.length, 'copy of an earlier schema', 'copies of earlier schemas')} ${inBytes(kept)}`,
    )
  return fine('size', parts.join('; '))
}

function checkPages(db: Database.Database): Finding {
  const [first, ...rest] = pageProblems(db)
  if (first === undefined) return fine('pages', 'every page and index is sound')
  return wrong(
    'pages',
    `${first}${rest.length > 0 ? ` (and ${rest.length} more)` : ''}`,
    salvageHint,
  )
}

function checkReferences(db: Database.Database): Finding {
  const tables = Object.entries(danglingRows(db))
  if (tables.length === 0) return fine('references', 'no row refers to one that is missing')
  const text = tables.map(([table, rows]) => `${counted(rows, 'row')} of ${table}`).join(', ')
  return wrong('references', `rows that others refer to are missing: ${text}`, salvageHint)
}

async function checkAudit(db: Database.Database): Promise<Finding> {
  const verdict = await chainVerdict(db)
  if (!verdict) return fine('audit', 'checked after the next start')
  const { intact, rows, brokenAt, checkpoint } = verdict
  const from = checkpoint ? `, after ${checkpoint.dropped} that retention removed` : ''
  if (intact) return fine('audit', `the chain of ${counted(rows, 'row')} is intact${from}`)
  return wrong(
    'audit',
    `the chain does not fit from row ${brokenAt ?? 0} on`,
    'Rows were changed or lost there: compare with a backup. The hub works on.',
  )
}

function checkFollowers(db: Database.Database): Finding {
  const late = followerLags(db).filter(({ behind }) => behind > farBehind)
  if (late.length === 0) return fine('events', 'their followers are not far behind')
  const text = late.map(({ name, behind }) => `${name} by ${behind}`).join(', ')
  return warning(
    'events',
    `followers are behind: ${text}`,
    'Its log says why; old events are kept.',
  )
}

const messageOf = (error: unknown): string =>
  error instanceof HubError || error instanceof Error ? error.message : String(error)
