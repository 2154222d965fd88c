import { expect, test } from 'vitest'
import type { LogChunk } from '../../schemas/log.ts'
import { LogLines } from '../../web/log-lines.ts'

const chunk = (data: string, more: Partial<LogChunk> = {}): LogChunk => ({
  ...{ seq: 1, attempt: 1, stream: 'out', at: 0, encoding: 'utf8', data },
  ...more,
})
const lines = (...chunks: LogChunk[]) => {
  const log = new LogLines()
  for (const one of chunks) log.add(one)
  return log.lines.map(({ text }) => text)
}

test('lines are put together from chunks that end anywhere', () => {
  expect(lines(chunk('a'), chunk('b\nc'), chunk('\n'), chunk('d\n'))).toEqual(['ab', 'c', 'd'])
  expect(lines(chunk('a\n\nb\n'))).toEqual(['a', '', 'b'])
})

test('another stream ends a line, and what follows it stays in order', () => {
  const err = chunk('oops\n', { stream: 'err' })
  expect(lines(chunk('half'), err, chunk(' more\n'))).toEqual(['half', 'oops', ' more'])
})

test('colours go, a progress bar is its last state, and a letter in two chunks is one', () => {
  expect(lines(chunk('\u001b[31mred\u001b[0m\n10%\r90%\n'))).toEqual(['red', '90%'])
  const [first, second] = [Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])]
  const base64 = (bytes: Buffer) => chunk(bytes.toString('base64'), { encoding: 'base64' })
  expect(lines(base64(first), base64(second))).toEqual(['é'])
})

test('what went wrong is told from what went well', () => {
  const log = new LogLines()
  log.add(chunk('2 failed\n0 failed, 3 passed\nWARNING: old\nplain\n'))
  expect(log.lines.map(({ severity }) => severity)).toEqual([
    'error',
    undefined,
    'warning',
    undefined,
  ])
})
