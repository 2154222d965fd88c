import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { tool } from 'ai'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Journal } from '../../agent/journal.ts'
import type { Message } from '../../agent/lease.ts'
import { runLoop } from '../../agent/loop.ts'
import { Measures } from '../../agent/measures.ts'
import { makeFolder } from '../helpers/folder.ts'

type Step = { call?: [string, object]; text?: string; fails?: boolean }

/** A model that plays given steps and remembers what it was shown. */
function playing(steps: Step[]) {
  const prompts: LanguageModelV4CallOptions['prompt'][] = []
  const model: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'test',
    modelId: 'test',
    supportedUrls: {},
    doGenerate: async ({ prompt }) => {
      prompts.push(prompt)
      const step = steps[prompts.length - 1] ?? {}
      if (step.fails) throw new Error('the model server fell over')
      const call = step.call && {
        type: 'tool-call' as const,
        toolCallId: `c${prompts.length}`,
        toolName: step.call[0],
        input: JSON.stringify(step.call[1]),
      }
      return {
        content: [
          ...(step.text ? [{ type: 'text' as const, text: step.text }] : []),
          ...(call ? [call] : []),
        ],
        finishReason: { unified: call ? 'tool-calls' : 'stop', raw: undefined },
        usage: {
          inputTokens: { total: 100, noCache: 0, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: 10, text: 0, reasoning: 0 },
        },
        warnings: [],
      }
    },
    doStream: () => Promise.reject(new Error('not used')),
  }
  return { model, prompts }
}

function stage(file = join(makeFolder(), 'journal.jsonl')) {
  const done: string[] = []
  let finished: string | undefined
  const messages: Message[] = []
  const tools = {
    note: tool({
      description: 'notes',
      inputSchema: z.object({ text: z.string() }),
      execute: async ({ text }) => (done.push(text), `noted ${text}`),
    }),
    finish: tool({
      description: 'ends',
      inputSchema: z.object({ summary: z.string() }),
      execute: async ({ summary }) => ((finished = summary), 'ok'),
    }),
  }
  const run = (model: LanguageModelV4, limits = { maxSteps: 10, maxTokens: 10_000 }) =>
    runLoop({
      model,
      tools,
      instructions: 'rules',
      request: 'do it',
      journal: new Journal(file),
      limits,
      signal: new AbortController().signal,
      measures: new Measures(),
      takeMessages: () => messages.splice(0),
      finished: () => finished,
      say: async () => undefined,
    })
  return { run, done, messages, file }
}

const note = (text: string): Step => ({ call: ['note', { text }] })
const end: Step = { call: ['finish', { summary: 'all done' }] }

test('the loop runs tools until the work is finished', async () => {
  const { run, done } = stage()
  expect(await run(playing([note('a'), note('b'), end]).model)).toMatchObject({
    summary: 'all done',
    steps: 3,
    tokens: 330,
  })
  expect(done).toEqual(['a', 'b'])
})

test('an interrupted loop goes on after its last step and repeats nothing', async () => {
  const { run, done, file } = stage()
  await expect(run(playing([note('a'), { fails: true }]).model)).rejects.toThrow(/fell over/)
  appendFileSync(file, '{"kind":"messages","mess') // A crash in the middle of a write.
  const second = playing([note('b'), end])
  expect(await run(second.model)).toMatchObject({ summary: 'all done', steps: 3 })
  expect(done).toEqual(['a', 'b'])
  expect(JSON.stringify(second.prompts[0])).toContain('noted a')
  // What was written after the cut-off line is read as well.
  expect(await run(playing([]).model)).toMatchObject({ summary: 'all done', steps: 3 })
})

test('a loop that had finished before it was interrupted only says so again', async () => {
  const { run } = stage()
  await run(playing([end]).model)
  const again = playing([])
  expect(await run(again.model)).toMatchObject({ summary: 'all done' })
  expect(again.prompts).toHaveLength(0)
})

test('a message from a person reaches the next step, once', async () => {
  const { run, messages, file } = stage()
  messages.push({ seq: 7, author: 'ann', body: 'mind the edge case' })
  const first = playing([note('a'), end])
  await run(first.model)
  expect(JSON.stringify(first.prompts[0])).toContain('ann says: mind the edge case')
  expect(readFileSync(file, 'utf8').match(/mind the edge case/g)).toHaveLength(1)
})

test('limits on steps, tokens and repetition end a loop that leads nowhere', async () => {
  const endless = Array.from({ length: 20 }, (_, index) => note(String(index)))
  await expect(
    stage().run(playing(endless).model, { maxSteps: 3, maxTokens: 10_000 }),
  ).rejects.toMatchObject({
    code: 'exhausted',
    message: expect.stringMatching(/3 steps/) as string,
  })
  await expect(
    stage().run(playing(endless).model, { maxSteps: 20, maxTokens: 500 }),
  ).rejects.toMatchObject({ code: 'exhausted', message: expect.stringMatching(/tokens/) as string })
  await expect(
    stage().run(playing(Array.from({ length: 9 }, () => note('same'))).model),
  ).rejects.toMatchObject({
    code: 'exhausted',
    message: expect.stringMatching(/same call/) as string,
  })
  await expect(stage().run(playing([{ text: 'I cannot do this' }]).model)).rejects.toMatchObject({
    code: 'exhausted',
    message: expect.stringMatching(/I cannot do this/) as string,
  })
})

test('bad arguments and unknown tools are answers the model can mend', async () => {
  const { run } = stage()
  const model = playing([{ call: ['note', { wrong: 1 }] }, { call: ['nope', {}] }, end])
  expect(await run(model.model)).toMatchObject({ summary: 'all done', steps: 3 })
})
