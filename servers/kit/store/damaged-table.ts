import type Database from 'better-sqlite3'
import { isDamage } from '../store-errors.ts'

type Values = unknown[]

const batch = 100
const highest = 2n ** 62n

/**
 * Every row of a table that can be read, each with its values in the order of the columns. Pages that
 * cannot be read are stepped over, and `onLoss` is told.
 */
export function readAround(
  db: Database.Database,
  table: string,
  onLoss: () => void,
): Generator<Values> {
  const sql = db
    .prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :table")
    .pluck()
    .get({ table })
  return /WITHOUT ROWID\s*$/i.test(String(sql))
    ? fromBothEnds(db, table, onLoss)
    : byNumber(db, table, onLoss)
}

/** Rows have numbers, so what follows a lost page is found by asking for higher ones. */
function* byNumber(db: Database.Database, table: string, onLoss: () => void): Generator<Values> {
  // Integers as they are stored: a number may be larger than JavaScript's are exact.
  const statement = db
    .prepare(
      `SELECT rowid, * FROM "${table}" NOT INDEXED WHERE rowid >= :from ORDER BY rowid LIMIT :count`,
    )
    .raw()
    .safeIntegers()
  const read = (from: bigint, count: number) =>
    attempt(() => statement.all({ from, count }) as [bigint, ...Values][]) // The row's number comes first.
  let from = -highest
  for (let count = batch; ;) {
    const rows = read(from, count)
    if (rows === undefined && count > 1) {
      count = 1 // The rows before the lost page, one at a time.
      continue
    }
    if (rows === undefined) {
      onLoss()
      const next = firstReadable(from, (number) => read(number, 1) !== undefined)
      if (next === undefined) return
      from = next
      count = batch
      continue
    }
    for (const [, ...values] of rows) yield values
    const last = rows.at(-1)
    if (last === undefined) return
    from = last[0] + 1n
  }
}

/** The least number after `from` from which on rows can be read, found by doubling and then halving. */
function firstReadable(from: bigint, isReadable: (number: bigint) => boolean): bigint | undefined {
  let step = 1n
  while (!isReadable(from + step)) {
    step *= 2n
    if (from + step > highest) return undefined
  }
  let [lost, readable] = [from + step / 2n, from + step]
  while (readable - lost > 1n) {
    const middle = (lost + readable) / 2n
    if (isReadable(middle)) readable = middle
    else lost = middle
  }
  return readable
}

/** Rows without numbers: forward to the first lost page, then backward to the last. */
function* fromBothEnds(
  db: Database.Database,
  table: string,
  onLoss: () => void,
): Generator<Values> {
  const key = db
    .prepare(`SELECT name FROM pragma_table_info('${table}') WHERE pk > 0 ORDER BY pk`)
    .pluck()
    .all() as string[] // TEXT.
  for (const direction of ['ASC', 'DESC']) {
    const order = key.map((name) => `"${name}" ${direction}`).join(', ')
    const rows = db
      .prepare(`SELECT * FROM "${table}" NOT INDEXED ORDER BY ${order}`)
      .raw()
      .safeIntegers()
      .iterate() as IterableIterator<Values> // Raw rows are arrays.
    for (;;) {
      const next = attempt(() => rows.next())
      if (next === undefined) break
      if (next.done) return
      yield next.value
    }
    onLoss()
  }
}

/** What was read, or nothing where the page is damaged. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}
