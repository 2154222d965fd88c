import type { ChatPart, ToolPart } from '../../schemas/chat-part.ts'
import type { DataMarks } from './data.ts'
import { bounded } from './data.ts'

/** A message of a branch, as the prompt needs it. */
export type Said = { role: 'user' | 'assistant'; parts: readonly ChatPart[] }

/** In the form of LanguageModelV4Prompt, which model_generate takes. */
type PromptMessage = { role: 'user' | 'assistant' | 'tool'; content: object[] }

/** About 40,000 tokens: what most models read well, with room for the answer. */
const historyChars = 120_000
const resultChars = 12_000
const oldResultChars = 2000

type Options = {
  marks: DataMarks
  /** Tools that the model is shown itself; all others it calls by tool_call. */
  listed: ReadonlySet<string>
}

/**
 * The conversation as a model reads it, from the first message that fits to the last. What was looked
 * up and what tools returned is marked as data; results of earlier answers are shown shorter.
 */
export function promptOf(
  branch: readonly Said[],
  options: Options,
): { messages: PromptMessage[]; isCut: boolean } {
  const turns: PromptMessage[][] = []
  for (const [index, { role, parts }] of branch.entries()) {
    const most = index === branch.length - 1 ? resultChars : oldResultChars
    if (role === 'user')
      turns.push([{ role: 'user', content: [text(requestText(parts, options))] }])
    else turns.at(-1)?.push(...answerMessages(parts, most, options))
  }
  let left = historyChars
  const kept: PromptMessage[] = []
  for (const [index, turn] of turns.toReversed().entries()) {
    left -= JSON.stringify(turn).length
    if (left < 0 && index > 0) return { messages: kept, isCut: true }
    kept.unshift(...turn)
  }
  return { messages: kept, isCut: false }
}

function requestText(parts: readonly ChatPart[], { marks }: Options): string {
  return parts
    .flatMap((part) => {
      if (part.type === 'text') return [part.text]
      if (part.type !== 'data-attachment' || part.data.text === undefined) return []
      return [marks.around(`file ${part.data.name}`, bounded(part.data.text, 60_000))]
    })
    .join('\n\n')
}

/** An answer, its calls and what they returned, step by step, as the model itself would have it. */
function answerMessages(
  parts: readonly ChatPart[],
  most: number,
  options: Options,
): PromptMessage[] {
  const messages: PromptMessage[] = []
  let content: object[] = []
  let results: object[] = []
  const endStep = () => {
    if (content.length > 0) messages.push({ role: 'assistant', content })
    if (results.length > 0) messages.push({ role: 'tool', content: results })
    ;[content, results] = [[], []]
  }
  for (const part of parts) {
    if (part.type === 'step-start') endStep()
    else if (part.type === 'text' && part.text !== '') content.push(text(part.text))
    else if (part.type === 'dynamic-tool' && part.state !== 'input-streaming') {
      content.push(toolCall(part, options))
      results.push(toolResult(part, most, options))
    } else if (part.type === 'steering-message') {
      endStep()
      const said = part.parts.map((one) => one.text).join('\n')
      messages.push({ role: 'user', content: [text(said)] })
    } else if (part.type === 'data-context') {
      endStep()
      const shown = part.data.map(({ kind, id, text: found, error }) =>
        options.marks.around(`${kind} ${id}`, found ?? error ?? '', found === undefined),
      )
      messages.push({ role: 'user', content: [text(shown.join('\n\n'))] })
    }
  }
  endStep()
  return messages
}

const text = (value: string) => ({ type: 'text', text: value })

/** Called the way the model did. */
function toolCall({ toolCallId, toolName, input }: ToolPart, { listed }: Options): object {
  const args = input ?? {}
  return listed.has(toolName)
    ? { type: 'tool-call', toolCallId, toolName, input: args }
    : {
        type: 'tool-call',
        toolCallId,
        toolName: 'tool_call',
        input: { name: toolName, arguments: args },
      }
}

function toolResult(part: ToolPart, most: number, { marks, listed }: Options): object {
  const { toolCallId, toolName } = part
  const isFailed = part.state !== 'output-available'
  const value = marks.around(toolName, bounded(resultText(part), most), isFailed)
  return {
    type: 'tool-result',
    toolCallId,
    toolName: listed.has(toolName) ? toolName : 'tool_call',
    output: { type: 'text', value },
  }
}

/** What a model reads of a result. */
function resultText({ state, output, errorText, approval, toolMetadata }: ToolPart): string {
  if (state === 'output-denied')
    return `denied: a person did not approve this call${approval?.reason ? `: ${approval.reason}` : ''}`
  if (errorText !== undefined) return errorText
  return toolMetadata?.text ?? JSON.stringify(output ?? null)
}
