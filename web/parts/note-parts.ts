/** What a note consists of: Markdown, other notes shown inside it, and callouts. */
export type NotePart =
  | { kind: 'text'; text: string }
  | { kind: 'embed'; target: string }
  | { kind: 'callout'; type: string; title: string; text: string }

const embedLine = /^ {0,3}!\[\[([^[\]|\n]+)(?:\|[^\]\n]*)?\]\][ \t]*$/
const calloutLine = /^ {0,3}> ?\[!([\w-]+)\][+-]?[ \t]*(.*)$/
const quoteMark = /^ {0,3}> ?/

/** Cuts the body of a note at what Markdown itself does not know. Fenced code stays as it is. */
export function noteParts(body: string): NotePart[] {
  const parts: NotePart[] = []
  let text: string[] = []
  const flush = () => {
    if (text.some((line) => line.trim() !== '')) parts.push({ kind: 'text', text: text.join('\n') })
    text = []
  }
  let fence: string | undefined
  let isComment = false
  const lines = body.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1]
    if (mark !== undefined && !isComment) {
      if (fence === undefined) fence = mark
      else if (mark.startsWith(fence)) fence = undefined
    } else if (fence === undefined) {
      if (line.trim() === '%%') isComment = !isComment
      if (isComment || line.trim() === '%%') continue
      const embed = embedLine.exec(line)
      const callout = calloutLine.exec(line)
      if (embed?.[1] !== undefined) {
        flush()
        parts.push({ kind: 'embed', target: embed[1].trim() })
        continue
      }
      if (callout) {
        flush()
        const inner: string[] = []
        while (quoteMark.test(lines[at + 1] ?? '')) {
          at++
          inner.push((lines[at] ?? '').replace(quoteMark, ''))
        }
        const [, type = 'note', title = ''] = callout
        parts.push({ kind: 'callout', type: type.toLowerCase(), title, text: inner.join('\n') })
        continue
      }
    }
    text.push(fence === undefined ? plainLine(line) : line)
  }
  flush()
  return parts
}

/** Comments and ids of blocks are for who writes; links to files of the vault become its own kind. */
function plainLine(line: string): string {
  if (line.includes('`')) return line
  return line
    .replace(/%%[^%]*%%/g, '')
    .replace(/\s\^[\w-]+$/, '')
    .replace(
      /(?<!!)\[([^[\]\n]+)\]\(<?((?![a-z]+:)[^()\s>]+\.md(?:#[^()\s>]*)?)>?\)/gi,
      (whole, label: string, target: string) => wikiLink(whole, label, target),
    )
}

function wikiLink(whole: string, label: string, target: string): string {
  try {
    return `[[${decodeURIComponent(target)}|${label}]]`
  } catch {
    return whole // Not an address; it stays as it was written.
  }
}

/** The front matter of a note, which is shown as its properties, and what is read and edited. */
export function splitFront(text: string): { front: string; body: string } {
  const found = /^\uFEFF?---[ \t]*\r?\n(?:[\s\S]*?\n)?(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/.exec(text)
  const front = found?.[0] ?? ''
  return { front, body: text.slice(front.length).replaceAll('\r\n', '\n') }
}

/** What an editor shows of a body: the blank line before it and those after it are kept by the hub. */
export const editable = (body: string): string =>
  body.replace(/^[ \t]*\n/, '').replace(/\n+$/, '\n')
