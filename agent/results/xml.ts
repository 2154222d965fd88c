import sax from 'sax'
import type { Tag } from 'sax'
import { HubError } from '../../schemas/errors.ts'

export type Element = {
  name: string
  attributes: Record<string, string>
  /** Text directly in it, cut at its bound. */
  text: string
  /** Names of what it is in, from the outside in. */
  path: string[]
}

const deepest = 100
const maxElements = 2_000_000
const maxText = 4000
const stride = 64 * 1024

// Longest attribute or comment that is read; assertions put long texts into an attribute.
Object.assign(sax, { MAX_BUFFER_LENGTH: 1024 * 1024 })

/**
 * Reads XML from end to end and hands out each element as it opens and as it closes. Only the open
 * elements are held. No entity is known but the five of XML itself, so none expands; text beyond a
 * bound is dropped, and a document that is broken or nested too deeply is refused.
 */
export function readXml(
  source: string,
  on: { open(element: Element): void; close(element: Element): void },
): void {
  const parser = sax.parser(true, { trim: false })
  const open: Element[] = []
  let elements = 0
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- sax has handlers only
  parser.onerror = (error) => {
    throw new HubError('invalid', `not well-formed XML: ${error.message.replaceAll('\n', ', ')}`)
  }
  parser.onopentag = (tag) => {
    if (++elements > maxElements || open.length >= deepest)
      throw new HubError('invalid', 'the XML has too many elements, or nests them too deeply')
    const attributes = (tag as Tag).attributes // Namespaces are not read, so values are strings.
    const element = {
      name: local(tag.name),
      attributes,
      text: '',
      path: open.map(({ name }) => name),
    }
    on.open(element)
    open.push(element)
  }
  const onText = (text: string) => {
    const element = open.at(-1)
    if (element && element.text.length < maxText)
      element.text += text.slice(0, maxText - element.text.length)
  }
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- likewise
  parser.ontext = onText
  parser.oncdata = onText
  parser.onclosetag = () => {
    const element = open.pop()
    if (element) on.close(element)
  }
  // Piecewise: one write of a long text would be held whole in the parser's own buffers.
  for (let at = 0; at < source.length; at += stride) parser.write(source.slice(at, at + stride))
  parser.close()
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1)
