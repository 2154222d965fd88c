import { HubError } from '../../schemas/errors.ts'

// A tar of the POSIX form (ustar with pax records), as every `tar` lists and unpacks it.

export type TarEntry = { path: string; isFolder: boolean; sizeBytes: number; mode: number }

const blockBytes = 512
const octalLimit = 8 ** 11
const longestName = 100

/** The blocks before an entry's bytes. */
export function tarHeader(entry: TarEntry): Buffer {
  const { path, sizeBytes } = entry
  if (Buffer.byteLength(path) <= longestName && sizeBytes < octalLimit)
    return block(entry, entry.isFolder ? '5' : '0')
  const records = Buffer.from(paxRecord('path', path) + paxRecord('size', String(sizeBytes)))
  const extended = { path: 'pax', isFolder: false, sizeBytes: records.length, mode: 0o600 }
  const short = { ...entry, path: path.slice(-longestName / 4), sizeBytes: sizeBytes % octalLimit }
  return Buffer.concat([
    block(extended, 'x'),
    records,
    tarPadding(records.length),
    block(short, entry.isFolder ? '5' : '0'),
  ])
}

/** What fills an entry's last block. */
export const tarPadding = (sizeBytes: number): Buffer =>
  Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes)

export const tarEnd = (): Buffer => Buffer.alloc(2 * blockBytes)

/** Reads entry after entry; `content` has to be read to its end before the next one is asked for. */
export async function* readTar(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<TarEntry & { content: AsyncGenerator<Buffer> }> {
  const source = new Bytes(chunks)
  let extended = new Map<string, string>()
  for (;;) {
    const head = await source.take(blockBytes)
    if (head.every((byte) => byte === 0)) return source.drain()
    const { type, ...entry } = parseBlock(head)
    if (type === 'x') {
      extended = parsePax(await source.take(entry.sizeBytes))
      await source.take(tarPadding(entry.sizeBytes).length)
      continue
    }
    const sizeBytes = Number(extended.get('size') ?? entry.sizeBytes)
    const path = extended.get('path') ?? entry.path
    extended = new Map()
    const content = source.stream(sizeBytes)
    yield { ...entry, path, sizeBytes, isFolder: type === '5', content }
    await source.take(tarPadding(sizeBytes).length)
  }
}

function block({ path, sizeBytes, mode }: TarEntry, type: string): Buffer {
  const head = Buffer.alloc(blockBytes)
  head.write(path, 0, longestName)
  head.write(octal(mode & 0o7777, 7), 100)
  head.write(octal(0, 7), 108)
  head.write(octal(0, 7), 116)
  head.write(octal(sizeBytes, 11), 124)
  head.write(octal(0, 11), 136)
  head.write(type, 156)
  head.write('ustar\u000000', 257)
  head.write(octal(checksum(head), 6), 148)
  head.write('\0 ', 154)
  return head
}

function parseBlock(head: Buffer): Omit<TarEntry, 'isFolder'> & { type: string } {
  const number = (from: number, length: number) =>
    Number.parseInt(head.toString('ascii', from, from + length), 8)
  if (number(148, 6) !== checksum(head))
    throw new HubError('invalid', 'the archive is damaged: an entry has a wrong check sum')
  const name = head.toString('utf8', 0, longestName)
  return {
    path: name.slice(0, name.indexOf('\0') < 0 ? undefined : name.indexOf('\0')),
    sizeBytes: number(124, 11),
    mode: number(100, 7),
    type: head.toString('ascii', 156, 157),
  }
}

/** The sum of all bytes, with its own field taken as spaces. */
const checksum = (head: Buffer): number =>
  head.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0)

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits too. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const bytes = Buffer.byteLength(rest)
  let length = bytes + 1
  while (length !== bytes + String(length).length) length++
  return `${length}${rest}`
}

function parsePax(records: Buffer): Map<string, string> {
  const found = new Map<string, string>()
  for (let at = 0; at < records.length;) {
    const length = Number.parseInt(records.toString('ascii', at, at + 12), 10)
    if (!(length > 0))
      throw new HubError('invalid', 'the archive is damaged: a name cannot be read')
    const record = records.toString('utf8', at, at + length - 1)
    const [, key = '', value = ''] = /^\d+ ([^=]*)=([\s\S]*)$/.exec(record) ?? []
    found.set(key, value)
    at += length
  }
  return found
}

/** A stream of chunks as so many bytes at a time. */
class Bytes {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for await (const part of this.stream(count)) parts.push(part)
    return Buffer.concat(parts)
  }

  /** Reads what is left: a source that is not read to its end takes that for a failure. */
  async drain(): Promise<void> {
    while (!(await this.#chunks.next()).done);
  }

  async *stream(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next()
        if (next.done) throw new HubError('invalid', 'the archive is damaged: it ends too early')
        this.#rest = next.value
      }
      const part = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(part.length)
      left -= part.length
      yield part
    }
  }
}
