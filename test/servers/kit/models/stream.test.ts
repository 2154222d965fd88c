import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { expect, test } from 'vitest'
import type { Config } from '../../../../schemas/config.ts'
import { ConfigFile, readSettings } from '../../../../schemas/config.ts'
import { HubError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../../servers/kit/clock.ts'
import { systemClock } from '../../../../servers/kit/clock.ts'
import type { AnswerPart } from '../../../../servers/kit/models/answer.ts'
import { Models } from '../../../../servers/kit/models/models.ts'
import { ManualClock } from '../../../helpers/manual-clock.ts'
import {
  ollamaEnd,
  ollamaLine,
  openAiCall,
  openAiEnd,
  openAiFrame,
  openAiText,
  startStreamingModel,
} from '../../../helpers/streaming-models.ts'

const config: Config = { ...readSettings({}), file: ConfigFile.parse({}) }
const prompt: LanguageModelV4CallOptions['prompt'] = [
  { role: 'user', content: [{ type: 'text', text: 'hello' }] },
]

async function ask(
  environment: Record<string, string>,
  options: { clock?: Clock; signal?: AbortSignal; onPart?: (part: AnswerPart) => void } = {},
) {
  const models = new Models(() => config, environment)
  const parts: AnswerPart[] = []
  const { clock = systemClock, signal, onPart } = options
  const candidates = await models.candidates(undefined)
  const made = await models.stream(
    candidates,
    { prompt, ...(signal ? { abortSignal: signal } : {}) },
    {
      clock,
      onPart: (part) => {
        parts.push(part)
        onPart?.(part)
      },
    },
  )
  return { made, parts, text: textOf(parts) }
}

const textOf = (parts: AnswerPart[]) =>
  parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')

/** Writes a text in pieces of so many bytes, each by itself. */
async function inPieces(text: string, size: number, write: (bytes: Uint8Array) => void) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) {
    write(bytes.subarray(at, at + size))
    await new Promise(setImmediate)
  }
}

test.each([1, 2, 3, 7])('a stream cut to %i bytes at a time gives the same text', async (size) => {
  const words = 'Grüße, 漢字 and 🦊.'
  const openAi = await startStreamingModel((_asked, write) =>
    inPieces(openAiText(words) + openAiEnd(), size, write),
  )
  const ollama = await startStreamingModel((_asked, write) =>
    inPieces(ollamaLine({ content: words }) + ollamaEnd(), size, write),
  )
  for (const environment of [openAi.openAi, ollama.ollama]) {
    const { made, text } = await ask(environment)
    expect(text).toBe(words)
    expect(made.broken).toBeUndefined()
    expect(made.result).toMatchObject({
      content: [{ type: 'text', text: words }],
      finishReason: { unified: 'stop' },
      usage: { inputTokens: { total: 50 }, outputTokens: { total: 5 } },
    })
  }
})

test('an answer says which model gives it before its first piece', async () => {
  const server = await startStreamingModel((_asked, write) =>
    write(openAiText('yes') + openAiEnd()),
  )
  const { parts } = await ask(server.openAi)
  expect(parts[0]).toEqual({ type: 'answering', model: 'openai/tiny', fallbacks: [] })
})

test('another model is asked before the first piece, and never after it', async () => {
  const [failing, cut, cloud] = [
    await startStreamingModel((_asked, _write, response) => {
      response.writeHead(503).write('{"error":"overloaded"}')
    }),
    await startStreamingModel((_asked, write, response) => {
      write(ollamaLine({ content: 'I begin' }))
      setImmediate(() => response.destroy())
      return new Promise(() => {})
    }),
    await startStreamingModel((_asked, write) => write(openAiText('from afar') + openAiEnd())),
  ]
  const first = await ask({ ...failing.ollama, ...cloud.openAi })
  expect(first).toMatchObject({ text: 'from afar', made: { model: 'openai/tiny' } })
  expect(first.parts[0]).toMatchObject({
    type: 'answering',
    model: 'openai/tiny',
    fallbacks: [{ model: 'ollama/tiny:1b', error: expect.stringMatching(/overloaded/) as string }],
  })
  const second = await ask({ ...cut.ollama, ...cloud.openAi })
  expect(second).toMatchObject({ text: 'I begin', made: { model: 'ollama/tiny:1b' } })
  expect(second.made.broken).toMatchObject({ code: 'unavailable' })
  expect(cloud.requests).toHaveLength(1)
})

test.each([
  ['an OpenAI stream that just ends', 'openAi', openAiText('so far')],
  ['an Ollama stream that just ends', 'ollama', ollamaLine({ content: 'so far' })],
  [
    'an error in mid-stream of OpenAI',
    'openAi',
    `${openAiText('so far')}data: {"error":{"message":"out of memory","type":"server_error"}}\n\ndata: [DONE]\n\n`,
  ],
  [
    'an error in mid-stream of Ollama',
    'ollama',
    `${ollamaLine({ content: 'so far' })}{"error":"out of memory"}\n`,
  ],
  ['what is no JSON', 'openAi', `${openAiText('so far')}data: {"choices":[{"del\n\n`],
] as const)('%s ends the answer with a reason, and what was said is kept', async (...row) => {
  const [, wire, body] = row
  const server = await startStreamingModel(async (_asked, write) => {
    for (const line of body.split(/(?<=\n)/)) {
      write(line)
      await new Promise((resolve) => setTimeout(resolve, 20)) // As tokens come: each by itself.
    }
  })
  const { made } = await ask(server[wire])
  expect(made.broken).toMatchObject({ code: 'unavailable' })
  expect(made.result.content[0]).toMatchObject({ type: 'text', text: 'so far' })
  if (body.includes('memory')) expect(made.broken?.message).toContain('out of memory')
})

test('a line without end is cut off before it fills the memory', async () => {
  const server = await startStreamingModel(async (_asked, write, response) => {
    write(openAiText('so far'))
    write('data: {"choices":[{"index":0,"delta":{"content":"')
    const block = 'x'.repeat(1024 * 1024)
    for (let written = 0; written < 40 && !response.destroyed; written++) {
      write(block)
      await new Promise(setImmediate)
    }
  })
  const { made } = await ask(server.openAi)
  expect(made.broken).toMatchObject({ code: 'exhausted' })
  expect(made.result.content[0]).toMatchObject({ text: 'so far' })
})

test('an answer without end is cut off, and the connection given up', async () => {
  const words = openAiText('and on '.repeat(20_000))
  const server = await startStreamingModel(async (_asked, write, response) => {
    for (let written = 0; written < 60 && !response.destroyed; written++) {
      write(words)
      await new Promise(setImmediate)
    }
  })
  const { made } = await ask(server.openAi)
  expect(made.broken).toMatchObject({
    code: 'exhausted',
    message: expect.stringMatching(/did not end/) as string,
  })
})

test('a server that falls silent is given up after two minutes', async () => {
  const clock = new ManualClock()
  const server = await startStreamingModel((_asked, write) => {
    write(openAiText('so far'))
    return new Promise(() => {})
  })
  const asking = ask(server.openAi, {
    clock,
    onPart: (part) => {
      if (part.type === 'text-delta') setImmediate(() => void clock.advance(120_000))
    },
  })
  expect((await asking).made.broken).toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/120 s/) as string,
  })
})

test('a stopped answer ends at once and the server hears of it', async () => {
  const stop = new AbortController()
  const server = await startStreamingModel((_asked, write) => {
    write(openAiText('so far'))
    return new Promise(() => {})
  })
  const { made } = await ask(server.openAi, {
    signal: stop.signal,
    onPart: (part) => {
      if (part.type === 'text-delta') stop.abort()
    },
  })
  expect(made.broken).toBeInstanceOf(HubError)
  expect(made.broken?.code).toBe('canceled')
  await expect.poll(() => server.state.closed).toBe(1)
})

test('arguments come in pieces and go on as the text that the model wrote', async () => {
  const server = await startStreamingModel((_asked, write) =>
    write(
      openAiCall('c1', 'task_list', '{"li') +
        openAiFrame({ tool_calls: [{ index: 0, function: { arguments: 'mit": nonsense' } }] }) +
        openAiEnd('tool_calls'),
    ),
  )
  const { made } = await ask(server.openAi)
  expect(made.result.content).toMatchObject([
    { type: 'tool-call', toolCallId: 'c1', toolName: 'task_list', input: '{"limit": nonsense' },
  ])
})
