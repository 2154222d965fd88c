import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import { onTestFinished } from 'vitest'
import { scriptedModel } from '../../servers/kit/models/scripted.ts'

type OpenAiMessage = {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  content: string | { type: string; text: string }[] | null
  tool_calls?: { id: string; function: { name: string; arguments: string } }[]
  tool_call_id?: string
}
type OllamaMessage = {
  role: OpenAiMessage['role']
  content: string
  tool_calls?: { function: { name: string; arguments: object } }[]
  tool_name?: string
}

/**
 * Model servers for tests: the scripted policy behind the two wire forms, as documented by
 * https://platform.openai.com/docs/api-reference/chat and
 * https://github.com/ollama/ollama/blob/main/docs/api.md. They check that a key arrives where one
 * was configured, and can be told to fail.
 */
export async function startModelServer(options: { key?: string; failures?: number } = {}) {
  let failures = options.failures ?? 0
  const requests: { path: string; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    requests.push({ path, authorization: request.headers.authorization })
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const reply = (status: number, value: unknown) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(value))
      if (options.key && request.headers.authorization !== `Bearer ${options.key}`)
        return reply(401, { error: { message: 'wrong key' } })
      if (path === '/v1/models')
        return reply(200, { object: 'list', data: [{ id: 'tiny', object: 'model' }] })
      if (path === '/api/tags') return reply(200, { models: [{ name: 'tiny:1b' }] })
      if (failures-- > 0) return reply(503, { error: { message: 'overloaded' } })
      if (path === '/v1/chat/completions')
        return void openAiAnswer(text).then((value) => reply(200, value))
      if (path === '/api/chat') return void ollamaAnswer(text).then((value) => reply(200, value))
      reply(404, { error: { message: `no ${path}` } })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests } // It listens on TCP.
}

async function openAiAnswer(text: string) {
  const { messages, model } = JSON.parse(text) as { messages: OpenAiMessage[]; model: string }
  const prompt = messages.map((message): LanguageModelV4Prompt[number] => {
    const content =
      typeof message.content === 'string'
        ? message.content
        : (message.content ?? []).map((part) => part.text).join('')
    if (message.role === 'system' || message.role === 'developer')
      return { role: 'system', content }
    if (message.role === 'user') return { role: 'user', content: [{ type: 'text', text: content }] }
    if (message.role === 'tool') {
      return {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: message.tool_call_id ?? '',
            toolName: '',
            output: { type: 'text', value: content },
          },
        ],
      }
    }
    const calls = (message.tool_calls ?? []).map((call) => ({
      type: 'tool-call' as const,
      toolCallId: call.id,
      toolName: call.function.name,
      input: call.function.arguments,
    }))
    return { role: 'assistant', content: calls }
  })
  const { thought, call } = await move(prompt)
  const toolCalls = call && [
    {
      id: call.toolCallId,
      type: 'function',
      function: { name: call.toolName, arguments: call.input },
    },
  ]
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: thought,
          ...(toolCalls ? { tool_calls: toolCalls } : {}),
        },
        finish_reason: call ? 'tool_calls' : 'stop',
      },
    ],
    usage: { prompt_tokens: 50, completion_tokens: 5, total_tokens: 55 },
  }
}

async function ollamaAnswer(text: string) {
  const { messages, model } = JSON.parse(text) as { messages: OllamaMessage[]; model: string }
  let number = 0
  const open: string[] = []
  const prompt = messages.map((message): LanguageModelV4Prompt[number] => {
    if (message.role === 'system') return { role: 'system', content: message.content }
    if (message.role === 'user')
      return { role: 'user', content: [{ type: 'text', text: message.content }] }
    if (message.role === 'tool') {
      return {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: open.shift() ?? '',
            toolName: '',
            output: { type: 'text', value: message.content },
          },
        ],
      }
    }
    const calls = (message.tool_calls ?? []).map((call) => {
      open.push(`c${++number}`)
      return {
        type: 'tool-call' as const,
        toolCallId: `c${number}`,
        toolName: call.function.name,
        input: JSON.stringify(call.function.arguments),
      }
    })
    return { role: 'assistant', content: calls }
  })
  const { thought, call } = await move(prompt)
  const toolCalls = call && [
    { function: { name: call.toolName, arguments: JSON.parse(call.input) as object } },
  ]
  return {
    model,
    created_at: '2026-01-01T00:00:00Z',
    message: {
      role: 'assistant',
      content: thought,
      ...(toolCalls ? { tool_calls: toolCalls } : {}),
    },
    done: true,
    done_reason: 'stop',
    prompt_eval_count: 50,
    eval_count: 5,
  }
}

async function move(prompt: LanguageModelV4Prompt) {
  const { content } = await scriptedModel.doGenerate({ prompt })
  const thought = content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  return { thought, call: content.find((part) => part.type === 'tool-call') }
}
