import { expect, test } from 'vitest'
import type { Frame } from '../../../web/chat/frames.ts'
import { readFrames } from '../../../web/chat/frames.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

const streamOf = (pieces: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })

async function read(pieces: Uint8Array[]): Promise<{ frames: Frame[]; isWhole: boolean }> {
  const reading = readFrames(streamOf(pieces))
  const frames: Frame[] = []
  for (;;) {
    const { done, value } = await reading.next()
    if (done) return { frames, isWhole: value }
    frames.push(value)
  }
}

const delta = (text: string) => JSON.stringify({ type: 'text-delta', id: 't', delta: text })
const stream = `: hello\n\nid: 1\ndata: ${delta('Grüße 🚀 ')}\n\nid: 2\r\ndata: ${delta('line\nline')}\r\n\r\ndata: [DONE]\n\n`
const texts = ({ frames }: { frames: Frame[] }) =>
  frames.map(({ id, chunk }) => [id, 'delta' in chunk ? chunk.delta : chunk.type])

test('a stream is read however it was cut, also inside a letter', async () => {
  const whole = bytes(stream)
  const expected = { isWhole: true, read: [[1, 'Grüße 🚀 '], [2, 'line\nline']] } // prettier-ignore
  for (const size of [1, 2, 3, 7, 64, whole.length]) {
    const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
      whole.slice(at * size, (at + 1) * size),
    )
    const got = await read(pieces)
    expect({ isWhole: got.isWhole, read: texts(got) }).toEqual(expected)
  }
})

test('a stream that ends before its end says so, and half a frame is no frame', async () => {
  const got = await read([bytes(`id: 1\ndata: ${delta('a')}\n\nid: 2\ndata: {"type":"text-de`)])
  expect(got.isWhole).toBe(false)
  expect(texts(got)).toEqual([[1, 'a']])
})

test('a stream without frames is given up', async () => {
  const endless = Array.from({ length: 6 }, () => bytes('x'.repeat(1_000_000)))
  await expect(read(endless)).rejects.toThrow('holds no frames')
})
