// How the lines begin that start a block, by the sections of CommonMark 0.31 and of GFM 0.29. Each
// pattern is tried where the containers and at most three columns of indentation are behind.

const starts = '>#`~<$%=-_*+[0123456789'

/** Whether a block may begin with this character; most lines of prose are passed over by it. */
export const mayStartBlock = (code: number): boolean => starts.includes(String.fromCharCode(code))

/** Section 4.2. The second group is the heading's text, closing marks included. */
export const atx = /(#{1,6})(?:[ \t]+([^\n\r]*))?(?=\r?$)/my

/** Section 4.1. */
export const thematicBreak = /(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})(?=\r?$)/my

/** Section 4.5: what follows backticks holds none, or it is a code span. */
export const fenceOpen = /(?:`{3,}(?=[^`\n]*$)|~{3,})/my

/** Section 4.5: as many marks as began the fence, or more, and nothing else. */
export function isFenceEnd(
  text: string,
  start: number,
  end: number,
  fence: { mark: number; size: number },
): boolean {
  let at = start
  while (at < end && text.charCodeAt(at) === fence.mark) at++
  return at - start >= fence.size && text.slice(at, end).trim() === ''
}

/** Section 5.2: the mark, then a space or the line's end. */
export const listMark = /(?:[-+*]|(\d{1,9})[.)])(?=[ \t\r\n]|$)/y

/** GFM's footnotes hold blocks indented by four columns, as a list item does. */
export const footnoteMark = /\[\^[^\]\s]+\]:/y

/** Section 4.3. */
export const setextUnderline = /(=+|-+)[ \t]*(?=\r?$)/my

/** Section 4.7: a paragraph of one definition cannot become a heading. */
export const definitionLine = /\[(?!\^)[^\]\n]+\]:[ \t]*\S/y

const attribute = String.raw`[ \t\r\n]+[a-zA-Z_:][\w.:-]*(?:[ \t\r\n]*=[ \t\r\n]*(?:[^\s"'=<>${'`'}]+|'[^']*'|"[^"]*"))?`

/** A whole tag, section 6.6. */
export const tagForm = String.raw`<(?:[a-zA-Z][a-zA-Z0-9-]*(?:${attribute})*[ \t\r\n]*\/?|\/[a-zA-Z][a-zA-Z0-9-]*[ \t\r\n]*)>`

const blockTags =
  'address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul'

/** Section 4.6, in its order: how each kind of HTML block begins, and what ends it; without an end, a blank line. */
const htmlBlocks: { open: RegExp; close: RegExp | undefined }[] = [
  {
    open: /<(?:script|pre|style|textarea)(?=[ \t>\r\n]|$)/iy,
    close: /<\/(?:script|pre|style|textarea)>/i,
  },
  { open: /<!--/y, close: /-->/ },
  { open: /<\?/y, close: /\?>/ },
  { open: /<![a-zA-Z]/y, close: />/ },
  { open: /<!\[CDATA\[/y, close: /\]\]>/ },
  {
    open: new RegExp(String.raw`<\/?(?:${blockTags})(?=[ \t\r\n]|\/?>|$)`, 'iy'),
    close: undefined,
  },
]
const loneTag = new RegExp(String.raw`${tagForm}[ \t]*(?=\r?$)`, 'my')

/** The end of the HTML block that begins here, or nothing. A lone tag of any name cannot end a paragraph. */
export function htmlBlock(
  text: string,
  at: number,
  inParagraph: boolean,
): { close: RegExp | undefined } | undefined {
  for (const block of htmlBlocks) if (matchAt(block.open, text, at)) return block
  const lone = inParagraph ? null : matchAt(loneTag, text, at)
  return lone && !lone[0].includes('\n') ? { close: undefined } : undefined
}

/** GFM tables: the row of dashes, with as many cells as the line above it. */
export function isDelimiterRow(row: string, header: string): boolean {
  return (
    /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/.test(row) &&
    /[|:]/.test(row) &&
    cellCount(row) === cellCount(header)
  )
}

const cellCount = (row: string): number =>
  row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
    .split(/(?<!\\)\|/).length

/** A match of a sticky pattern that begins exactly there. */
export function matchAt(form: RegExp, text: string, at: number): RegExpExecArray | null {
  form.lastIndex = at
  return form.exec(text)
}
