/** What model_generate returns. */
export type Generated = {
  content: { type: string; [field: string]: unknown }[]
  finishReason: { unified: string }
  usage: { inputTokens: number; outputTokens: number }
  model: string
}

type Identity = { id: string; created: number }

const reasons: Record<string, string> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  'tool-calls': 'tool_calls',
}

/** A completion as https://platform.openai.com/docs/api-reference/chat/object has it. */
export function toCompletion(generated: Generated, { id, created }: Identity): object {
  const { text, reasoning, calls } = partsOf(generated)
  const message = {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: null,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
  return {
    id,
    object: 'chat.completion',
    created,
    model: generated.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: reasonOf(generated) }],
    usage: usageOf(generated),
  }
}

/** The same as chunks of a stream, whole parts at a time. */
export function toChunks(
  generated: Generated,
  { id, created }: Identity,
  includeUsage: boolean,
): object[] {
  const { text, reasoning, calls } = partsOf(generated)
  const base = { id, object: 'chat.completion.chunk', created, model: generated.model }
  const usage = includeUsage ? { usage: null } : {}
  const chunk = (delta: object, finish: string | null = null) => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...usage,
  })
  return [
    chunk({ role: 'assistant', content: '' }),
    ...(reasoning === '' ? [] : [chunk({ reasoning_content: reasoning })]),
    ...(text === '' ? [] : [chunk({ content: text })]),
    ...calls.map((call, index) => chunk({ tool_calls: [{ index, ...call }] })),
    chunk({}, reasonOf(generated)),
    ...(includeUsage ? [{ ...base, choices: [], usage: usageOf(generated) }] : []),
  ]
}

function partsOf({ content }: Generated) {
  const textOf = (type: string) =>
    content.flatMap((part) => (part.type === type ? String(part.text) : [])).join('')
  const calls = content
    .filter(({ type }) => type === 'tool-call')
    .map(({ toolCallId, toolName, input }) => ({
      id: String(toolCallId),
      type: 'function',
      function: { name: String(toolName), arguments: String(input) },
    }))
  return { text: textOf('text'), reasoning: textOf('reasoning'), calls }
}

const reasonOf = ({ finishReason }: Generated): string => reasons[finishReason.unified] ?? 'stop'

const usageOf = ({ usage: { inputTokens, outputTokens } }: Generated) => ({
  prompt_tokens: inputTokens,
  completion_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
})
