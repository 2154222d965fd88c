import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'

const Text = z.object({ type: z.literal('text'), text: z.string() })
const Refusal = z.object({ type: z.literal('refusal'), refusal: z.string() })
const Image = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: z.string() }),
})
const words = z.union([z.string(), z.array(Text).max(1000)])
const Call = z.object({
  id: z.string().max(200),
  type: z.literal('function').optional(),
  function: z.object({ name: z.string().max(200), arguments: z.string() }),
})
const Message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer']), content: words }),
  z.object({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [Text, Image])).max(1000)]),
  }),
  z.object({
    role: z.literal('assistant'),
    content: z
      .union([z.string(), z.array(z.discriminatedUnion('type', [Text, Refusal])).max(1000)])
      .nullish(),
    tool_calls: z.array(Call).max(200).nullish(),
  }),
  z.object({ role: z.literal('tool'), content: words, tool_call_id: z.string().max(200) }),
])

/**
 * The part of https://platform.openai.com/docs/api-reference/chat/create that a model behind the hub
 * can be asked. What only tunes a provider is let be; what would change the answer is refused.
 */
export const ChatRequest = z.object({
  model: z.string().min(1).max(200),
  messages: z.array(Message).min(1).max(5000),
  tools: z
    .array(
      z.object({
        type: z.literal('function'),
        function: z.object({
          name: z.string().min(1).max(200),
          description: z.string().nullish(),
          parameters: z.record(z.string(), z.unknown()).nullish(),
        }),
      }),
    )
    .max(200)
    .nullish(),
  tool_choice: z
    .union([
      z.enum(['auto', 'none', 'required']),
      z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
    ])
    .nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  response_format: z
    .discriminatedUnion('type', [
      z.object({ type: z.literal('text') }),
      z.object({ type: z.literal('json_object') }),
      z.object({
        type: z.literal('json_schema'),
        json_schema: z.object({
          name: z.string().max(200),
          schema: z.record(z.string(), z.unknown()).nullish(),
        }),
      }),
    ])
    .nullish(),
  n: z.literal(1, { error: 'one completion at a time is made' }).nullish(),
  functions: z.undefined({ error: 'the older form is not served; use `tools`' }).optional(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
})
export type ChatRequest = z.infer<typeof ChatRequest>

/** What model_generate is called with for a request. */
export function toArguments(request: ChatRequest): Record<string, unknown> {
  const { model, messages, tools, tool_choice: choice, response_format: format, stop } = request
  const names = new Map<string, string>()
  const all = {
    // The name that stands for whichever model is configured.
    model: model === 'default' ? undefined : model,
    prompt: messages.map((message) => toMessage(message, names)),
    tools: tools?.map(({ function: { name, description, parameters } }) => ({
      type: 'function',
      name,
      ...(description ? { description } : {}),
      inputSchema: parameters ?? { type: 'object', properties: {} },
    })),
    tool_choice: typeof choice === 'object' && choice ? { name: choice.function.name } : choice,
    max_tokens: request.max_completion_tokens ?? request.max_tokens,
    temperature: request.temperature,
    top_p: request.top_p,
    seed: request.seed,
    stop: typeof stop === 'string' ? [stop] : stop,
    json:
      format?.type === 'json_schema'
        ? { name: format.json_schema.name, schema: format.json_schema.schema ?? {} }
        : format?.type === 'json_object'
          ? {}
          : undefined,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value != null))
}

/** A message as LanguageModelV4Prompt has it. `names` keeps which call was of which tool. */
function toMessage(message: z.infer<typeof Message>, names: Map<string, string>): object {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: plain(message.content) }
    case 'user': {
      const { content } = message
      const parts =
        typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
      return {
        role: 'user',
        content: parts.map((part) => (part.type === 'text' ? part : toFile(part))),
      }
    }
    case 'tool': {
      const { tool_call_id: toolCallId, content } = message
      const output = { type: 'text', value: plain(content) }
      const toolName = names.get(toolCallId) ?? 'unknown'
      return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] }
    }
    case 'assistant': {
      const text = plain(message.content ?? '')
      const calls = (message.tool_calls ?? []).map(
        ({ id, function: { name, arguments: input } }) => {
          names.set(id, name)
          return { type: 'tool-call', toolCallId: id, toolName: name, input: parsed(input) }
        },
      )
      return {
        role: 'assistant',
        content: [...(text === '' ? [] : [{ type: 'text', text }]), ...calls],
      }
    }
  }
}

type Words = string | ({ type: 'text'; text: string } | { type: 'refusal'; refusal: string })[]

const plain = (content: Words): string =>
  typeof content === 'string'
    ? content
    : content.map((part) => (part.type === 'text' ? part.text : part.refusal)).join('')

function toFile({ image_url: { url } }: z.infer<typeof Image>): object {
  const [, mediaType, data] = /^data:([\w.+-]+\/[\w.+-]+);base64,(.+)$/.exec(url) ?? []
  if (data !== undefined) return { type: 'file', mediaType, data: { type: 'data', data } }
  throw new HubError('invalid', 'an image is given by an address that the hub does not fetch', {
    hint: 'Send it as a data: URL in base64.',
  })
}

/** What a model made up may be no JSON; then the text itself goes back to it. */
function parsed(input: string): unknown {
  try {
    return JSON.parse(input === '' ? '{}' : input)
  } catch {
    return input
  }
}
