import type { Page } from './page.ts'
import { cursorKey, pageOf } from './page.ts'
import type { Reader, Row, SqlValue } from './sql.ts'
import { anyOf } from './sql.ts'

/** Above every id of ours, so that a listing from the newest down starts at the top. */
const highestId = '~'

/**
 * One page of a table that has `id` and `org`, newest first. Filters that are undefined are left
 * out; `also` is a constant condition, whose named values are in `values`. Table and column names are the caller's own, never input.
 */
export async function listNewest<R extends Row & { id: string }, Item>(
  reader: Reader,
  options: {
    table: string
    filters: Record<string, SqlValue | undefined>
    /** Orgs the caller may see; undefined is all of them. */
    orgs: string[] | undefined
    also?: string | undefined
    values?: Record<string, SqlValue>
    cursor: string | undefined
    limit: number
    toItem(row: R): Item
  },
): Promise<Page<Item>> {
  const { table, filters, orgs, also, values, cursor, limit, toItem } = options
  const set = Object.entries(filters).flatMap(([column, value]) =>
    value === undefined ? [] : [[column, value] as const],
  )
  const conditions = [
    'id < :before',
    ...set.map(([column]) => `${column} = :${column}`),
    // For one org, which is the common case, equality lets the index give the order as well.
    ...(orgs === undefined ? [] : [orgs.length === 1 ? 'org = :orgs' : `org ${anyOf('orgs')}`]),
    ...(also === undefined ? [] : [also]),
  ]
  const rows = await reader.all<R>(
    `SELECT * FROM ${table} WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT :count`,
    {
      ...Object.fromEntries(set),
      ...values,
      before: cursorKey(cursor, highestId),
      count: limit + 1,
      ...(orgs === undefined ? {} : { orgs: orgs.length === 1 ? orgs[0]! : JSON.stringify(orgs) }),
    },
  )
  return pageOf(rows, limit, toItem, (row) => row.id)
}
