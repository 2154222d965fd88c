import type { ChatPart, ToolPart } from '../../schemas/chat-part.ts'
import type { DataMarks } from './data.ts'
import { earlierPicture } from '../../servers/kit/models/pictures.ts'
import { bounded } from './data.ts'
import type { Picture } from './pictures.ts'

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
  /** By digest; those that are not here are only named. */
  pictures: ReadonlyMap<string, Picture>
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
      turns.push([
        { role: 'user', content: requestContent(parts, options, pictured(branch, index)) },
      ])
    else turns.at(-1)?.push(...answerMessages(parts, most, options))
  }
  let left = historyChars
  const kept: PromptMessage[] = []
  for (const [index, turn] of turns.toReversed().entries()) {
    left -= charsOf(turn)
    if (left < 0 && index > 0) return { messages: kept, isCut: true }
    kept.unshift(...turn)
  }
  return { messages: kept, isCut: false }
}

type Pictured = 'now' | 'earlier' | 'no'

/** Whether the pictures of a request go along. Where it got no answer, the model may not take any. */
function pictured(branch: readonly Said[], index: number): Pictured {
  if (index >= branch.length - 2) return 'now'
  const answer = branch[index + 1]?.parts ?? []
  return answer.some(({ type }) => type === 'text' || type === 'dynamic-tool') ? 'earlier' : 'no'
}

function requestContent(
  parts: readonly ChatPart[],
  { marks, pictures }: Options,
  when: Pictured,
): object[] {
  const shown: object[] = []
  const texts = parts.flatMap((part) => {
    if (part.type === 'text') return [part.text]
    if (part.type !== 'data-attachment') return []
    const { name, text: own, sha256 } = part.data
    if (own !== undefined) return [marks.around(`file ${name}`, bounded(own, 60_000))]
    const picture = sha256 === undefined || when === 'no' ? undefined : pictures.get(sha256)
    if (picture) shown.push({ ...fileOf(picture), ...(when === 'earlier' ? earlierPicture : {}) })
    return sha256 === undefined ? [] : [marks.around(`picture ${name}`, pictureText(picture))]
  })
  return [text(texts.join('\n\n')), ...shown]
}

const pictureText = (picture: Picture | undefined) =>
  picture ? 'It goes along with this message.' : 'It is not shown any more.'

const fileOf = ({ mediaType, data }: Picture) => ({
  type: 'file',
  mediaType,
  data: { type: 'data', data },
})

/** Pictures count like the tokens that they come to, not like their bytes. */
const charsOf = (turn: PromptMessage[]): number =>
  JSON.stringify(turn, (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? ' '.repeat(4000) : value,
  ).length

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
      const pictures = part.data.flatMap(({ picture }) => {
        const found = picture && options.pictures.get(picture.sha256)
        return found ? [fileOf(found)] : []
      })
      messages.push({ role: 'user', content: [text(shown.join('\n\n')), ...pictures] })
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
