import type { LanguageModelV4Prompt } from '@ai-sdk/provider'

export type ToolCall = { tool: string; args: Record<string, unknown>; result: string | undefined }
export type Transcript = { instructions: string; requests: string[]; calls: ToolCall[] }

/** The conversation so far as the scripted policy reads it: what was asked, and each call's result. */
export function readTranscript(prompt: LanguageModelV4Prompt): Transcript {
  const transcript: Transcript = { instructions: '', requests: [], calls: [] }
  const byId = new Map<string, ToolCall>()
  for (const message of prompt) {
    if (message.role === 'system') {
      transcript.instructions += message.content
    } else if (message.role === 'user') {
      const texts = message.content.map((part) => (part.type === 'text' ? part.text : ''))
      transcript.requests.push(texts.join(''))
      if (transcript.requests.length > 1) transcript.calls = [] // A new request starts afresh.
    } else if (message.role === 'assistant') {
      for (const part of message.content) {
        if (part.type !== 'tool-call') continue
        const call: ToolCall = { tool: part.toolName, args: asArgs(part.input), result: undefined }
        byId.set(part.toolCallId, call)
        transcript.calls.push(call)
      }
    } else {
      for (const part of message.content) {
        if (part.type !== 'tool-result') continue
        const call = byId.get(part.toolCallId)
        if (call) call.result = outputText(part.output)
      }
    }
  }
  return transcript
}

function asArgs(input: unknown): Record<string, unknown> {
  const value: unknown = typeof input === 'string' ? JSON.parse(input) : input
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function outputText(output: { type: string; value?: unknown }): string {
  return typeof output.value === 'string' ? output.value : JSON.stringify(output.value ?? null)
}
