import { StringDecoder } from 'node:string_decoder'

/**
 * Cuts a byte stream into lines of at most `maxChars`. It does no more than that, which makes it
 * cheaper than node:readline, and an endless line cannot fill memory.
 */
export function lineSplitter(
  maxChars: number,
  onLine: (line: string) => void,
  onTooLong: () => void,
): (chunk: Buffer) => void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return (chunk) => {
    const text = decoder.write(chunk)
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      onLine(rest + text.slice(start, end))
      rest = ''
      start = end + 1
    }
    rest += start === 0 ? text : text.slice(start)
    if (rest.length > maxChars) {
      rest = ''
      onTooLong()
    }
  }
}
