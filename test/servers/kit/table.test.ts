import { expect, test } from 'vitest'
import { cutText, instantText, lineText, tableText } from '../../../servers/kit/table.ts'

type Item = { id: string; note?: string }
const columns = { id: ({ id }: Item) => id, note: ({ note }: Item) => note }

test.each<[string, Parameters<typeof tableText<Item>>[0], number | undefined, string]>([
  ['nothing', { items: [] }, undefined, 'None.'],
  ['an empty column is left out', { items: [{ id: 'a' }] }, undefined, 'id\na'],
  ['a row a line', { items: [{ id: 'a', note: 'x\n y' }] }, undefined, 'id | note\na | x y'],
  ['borders are kept', { items: [{ id: 'a|b' }] }, undefined, 'id\na¦b'],
  ['the next page', { items: [{ id: 'a' }], next: 'c' }, undefined, 'id\na\nnext: c'],
  ['rows are counted', { items: [{ id: 'a' }, { id: 'b' }] }, 1, 'id\na\n1 more are not shown'],
])('a table: %s', (_name, page, most, text) => {
  expect(tableText(page, columns, most)).toBe(text)
})

test('long cells and texts are cut with a sign of it, instants are to the second', () => {
  expect(lineText('word '.repeat(100))).toHaveLength(120)
  expect(lineText('word '.repeat(100), 10)).toBe('word word…')
  expect(cutText('abcdef', 3)).toBe('abc… [6 characters]')
  expect(cutText('abc', 3)).toBe('abc')
  expect(instantText(Date.UTC(2026, 0, 2, 3, 4, 5, 678))).toBe('2026-01-02T03:04:05Z')
  expect(instantText(undefined)).toBe('')
})
