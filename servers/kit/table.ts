type Cell = string | number | boolean | null | undefined
/** What stands in a table, by the name of its column. */
export type Columns<Item> = Record<string, (item: Item) => Cell>

const maxCellChars = 120

/**
 * A list as a model reads it: one line for each item under the names of the columns, at a third of the
 * tokens that JSON takes. Columns in which nothing stands are left out; a longer cell is cut, since a
 * tool that reads one item shows it in full. `most` is for lists that have no pages.
 */
export function tableText<Item>(
  { items, next }: { items: readonly Item[]; next?: string | number | undefined },
  columns: Columns<Item>,
  most = items.length,
): string {
  const shown = items.slice(0, most)
  const cells = Object.entries(columns)
    .map(([name, of]) => [name, ...shown.map((item) => cellText(of(item)))])
    .filter(([, ...column]) => column.some((cell) => cell !== ''))
  const rows = cells[0]?.map((_cell, at) => cells.map((column) => column[at]).join(' | '))
  return [
    ...(rows ?? ['None.']),
    ...(items.length > most ? [`${items.length - most} more are not shown`] : []),
    ...(next === undefined ? [] : [`next: ${next}`]),
  ].join('\n')
}

/** An instant to the second. */
export const instantText = (at: number | undefined): string =>
  at === undefined ? '' : `${new Date(at).toISOString().slice(0, 19)}Z`

/** A text on one line, cut to `maxChars`. */
export function lineText(text: string, maxChars = maxCellChars): string {
  const line = text
    .slice(0, maxChars * 4)
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > maxChars ? `${line.slice(0, maxChars - 1)}…` : line
}

/** A text of several lines, cut to `maxChars` with a word about it. */
export const cutText = (text: string, maxChars: number): string =>
  text.length > maxChars ? `${text.slice(0, maxChars)}… [${text.length} characters]` : text

const cellText = (cell: Cell): string =>
  cell === undefined || cell === null ? '' : lineText(String(cell)).replaceAll('|', '¦')
