import { hash } from 'node:crypto'
import { HubError } from '../../schemas/errors.ts'

export type Page<Item> = { items: Item[]; next?: string }

/**
 * Cuts `limit` items from `limit + 1` fetched rows; `next` carries the key of the last one shown.
 * A cursor is opaque to callers and names a row, so a page stays right while rows are added.
 */
export function pageOf<Row, Item>(
  rows: Row[],
  limit: number,
  toItem: (row: Row) => Item,
  key: (row: Row) => string | number,
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const items = shown.map(toItem)
  if (rows.length <= limit || last === undefined) return { items }
  return { items, next: cursorAt(key(last)) }
}

/** A page of a list that is made anew at each call; `key` tells its items apart. */
export function pageWithin<Item>(
  items: Item[],
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  key: (item: Item) => string,
): Page<Item> {
  const digest = (item: Item) => hash('sha256', key(item)).slice(0, 24)
  const last = cursor === undefined ? undefined : cursorKey(cursor, '')
  const index = last === undefined ? -1 : items.findIndex((item) => digest(item) === last)
  if (last !== undefined && index < 0) throw goneCursor(cursor)
  const rows = items.slice(index + 1, index + 2 + limit)
  return pageOf(rows, limit, (item) => item, digest)
}

/** The cursor of the page after a row with this key. */
export const cursorAt = (key: string | number): string =>
  Buffer.from(String(key)).toString('base64url')

/** The key inside a cursor, or `start` when there is none. */
export function cursorKey(cursor: string | undefined, start: string): string {
  if (cursor === undefined) return start
  const key = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!/^[\w.:~-]{1,120}$/.test(key)) throw badCursor(cursor)
  return key
}

/** The numeric key inside a cursor. */
export function cursorNumber(cursor: string | undefined, start: number): number {
  if (cursor === undefined) return start
  const key = Number(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (!Number.isSafeInteger(key)) throw badCursor(cursor)
  return key
}

/** For a list that cannot go on, since what stood at the cursor was removed. */
export const goneCursor = (cursor: string | undefined) =>
  new HubError('conflict', `what stood at cursor ${cursor} is not in the list any more`, {
    hint: 'Leave `cursor` out to start over.',
  })

const badCursor = (cursor: string) =>
  new HubError('invalid', `cursor ${JSON.stringify(cursor)} was not issued by this hub`, {
    hint: 'Pass `next` of the previous page unchanged, or leave `cursor` out to start over.',
  })
