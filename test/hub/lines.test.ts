import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineSplitter } from '../../hub/upstreams/lines.ts'

test('however a stream is cut into chunks, its lines come out whole', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' })),
      fc.array(fc.nat(20), { minLength: 1 }),
      (texts, sizes) => {
        const lines = texts.map((text) => text.replaceAll('\n', ' '))
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
        const seen: string[] = []
        const feed = lineSplitter(
          1e6,
          (line) => seen.push(line),
          () => seen.push('too long'),
        )
        for (let at = 0, index = 0; at < bytes.length; index++) {
          const size = 1 + (sizes[index % sizes.length] ?? 0)
          feed(bytes.subarray(at, at + size))
          at += size
        }
        expect(seen).toEqual(lines)
      },
    ),
  )
})

test('an endless line is given up', () => {
  let given = 0
  const feed = lineSplitter(
    100,
    () => undefined,
    () => given++,
  )
  for (let index = 0; index < 5; index++) feed(Buffer.alloc(60, 'x'))
  expect(given).toBe(2)
})
