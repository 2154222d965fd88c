import type { Move } from './scripted-repair.ts'
import type { ToolCall, Transcript } from './scripted-transcript.ts'

const opening = 'You are the assistant of a Switchyard hub'

/** Whether the policy talks with a person. */
export const isChatting = ({ instructions }: Transcript): boolean =>
  instructions.startsWith(opening)

const shownChars = 600
/** What only looks is tried at a word; anything else has to be asked for by its own verb. */
const looks = /_(list|read|search|wait|log|check|trace|next|explain|pack|verify|links)$|^whoami$/

/**
 * The scripted assistant: submits a task where one is asked for, else looks for the tool that fits the
 * words, reads how it is called, calls it with what the request says, and tells what came of it.
 */
export function chatMove({ requests, calls }: Transcript): Move {
  // What the hub looked up for a request follows it, as a message of data alone.
  const request = requests.map(withoutData).findLast((text) => text !== '') ?? ''
  const last = calls.at(-1)
  if (!last) return firstMove(request)
  const result = dataIn(last.result ?? '')
  if (isFailure(last.result))
    return { thought: `That did not work: ${result.slice(0, shownChars)}` }
  if (last.tool === 'tool_search') return afterSearch(result)
  if (last.tool === 'tool_read') return afterReading(last, result, request)
  return { thought: `${nameOf(last)} returned:\n\n${result.slice(0, shownChars)}` }
}

function firstMove(request: string): Move {
  if (/^\W*(hi|hello|hey|thanks?|thank you)\b/i.test(request) && request.length < 40)
    return {
      thought:
        'Hello. I am the scripted assistant, a fixed policy and no AI: I find a tool by the words of a request and call it.',
    }
  if (/\b(submit|start|queue|create|run)\b[^.]*\btask\b/i.test(request)) return submit(request)
  const args = { query: request.slice(0, 300) || 'what can be done', limit: 5 }
  return { thought: 'I look for a tool that does this.', call: { tool: 'tool_search', args } }
}

function submit(request: string): Move {
  const command = /`([^`]+)`/.exec(request)?.[1]
  const repo = /(?:^|\s)(\/[\w./-]+)/.exec(request.replace(/`[^`]*`/g, ''))?.[1]
  const goal = /\btask\b\s*(?:to|that|which|:)?\s*(.+)$/is.exec(request)?.[1]?.trim() ?? request
  const args =
    command === undefined
      ? { template: 'code', goal, ...(repo ? { repo } : {}) }
      : { template: 'command', command, ...(repo ? { repo } : {}) }
  return { thought: 'I submit that task.', call: { tool: 'task_submit', args } }
}

function afterSearch(result: string): Move {
  const [name] = [...result.matchAll(/"name":"([\w-]+)"/g)].map(([, found]) => found)
  if (name === undefined) return { thought: 'I found no tool for that.' }
  return { thought: `${name} fits best.`, call: { tool: 'tool_read', args: { name } } }
}

type Schema = { properties?: Record<string, { type?: string }>; required?: string[] }

function afterReading(read: ToolCall, result: string, request: string): Move {
  const name = String(read.args.name)
  const verb = name.split('_').at(-1) ?? ''
  if (!looks.test(name) && !request.toLowerCase().includes(verb))
    return { thought: `${name} would change something that you did not ask for by name.` }
  const { properties = {}, required = [] } = schemaIn(result)
  const args: Record<string, unknown> = {}
  for (const field of Object.keys(properties)) {
    const value = valueOf(field, properties[field]?.type, request, required.includes(field))
    if (value !== undefined) args[field] = value
  }
  const missing = required.filter((field) => !(field in args))
  if (missing.length > 0) return { thought: `${name} also needs ${missing.join(' and ')}.` }
  const call = { tool: 'tool_call', args: { name, arguments: args } }
  return { thought: `I call ${name}.`, call }
}

function schemaIn(result: string): Schema {
  try {
    return (JSON.parse(result) as { inputSchema?: Schema }).inputSchema ?? {} // As tool_read returns it.
  } catch {
    return {} // It was cut; then nothing is known of its fields.
  }
}

/** `field=value`, an id of that kind, or for a search what is asked for. */
function valueOf(field: string, type: string | undefined, request: string, isRequired: boolean) {
  const said = new RegExp(`\\b${field}\\s*[=:]\\s*("[^"]*"|\\S+)`, 'i').exec(request)?.[1]
  const id = new RegExp(`\\b${field}-[0-9a-z]+-[0-9a-z]+\\b`).exec(request)?.[0]
  const value = said?.replace(/^"|"$/g, '') ?? id
  if (value !== undefined)
    return type === 'integer' || type === 'number'
      ? Number(value)
      : type === 'boolean'
        ? value === 'true'
        : value
  if (!isRequired) return undefined
  if (['query', 'text', 'goal', 'question'].includes(field)) return request.slice(0, 200)
  return /[“"]([^”"]+)[”"]/.exec(request)?.[1]
}

const dataMark = /<(data-\w+)\b[^>]*>([\s\S]*?)<\/\1>/g
const withoutData = (text: string): string => text.replace(dataMark, '').trim()
const dataIn = (text: string): string =>
  [...text.matchAll(dataMark)]
    .map(([, , data]) => data ?? '')
    .join('\n')
    .trim() || text
const isFailure = (text = ''): boolean => /^<data-\w+ [^>]*failed/.test(text)
const nameOf = ({ tool, args }: ToolCall) => (tool === 'tool_call' ? String(args.name) : tool)
