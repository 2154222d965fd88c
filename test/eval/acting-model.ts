import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Case, Fault } from './case.ts'
import type { Call } from './dialects.ts'
import { dialectOf } from './dialects.ts'
import type { Made, Move } from './policy.ts'
import { nextMove } from './policy.ts'

type Message = {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  content?: string | { text?: string }[] | null
  tool_calls?: { id: string; function: { name: string; arguments: string } }[]
  tool_call_id?: string
}
type Request = {
  model: string
  messages: Message[]
  tools?: { function: { name: string } }[]
  stream?: boolean
}

export type ActingModel = {
  url: string
  /** Model calls so far of a case. */
  calls(name: string): number
  stop(): void
}

/**
 * A model server in the OpenAI wire form that works on the cases by their scripts, and does what a
 * fault says at its call. `onKill` carries out the faults that are not the server's own.
 */
export async function startActingModel(
  cases: Case[],
  onKill: (known: Case, kind: 'kill-hub' | 'kill-agent') => Promise<void>,
): Promise<ActingModel> {
  const counts = new Map<string, number>()
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      if (request.url?.endsWith('/models')) {
        return json(response, 200, { object: 'list', data: [{ id: 'acting', object: 'model' }] })
      }
      const asked = JSON.parse(text) as Request // What the AI SDK sends.
      const known = cases.find(({ goal }) => textOfUser(asked).includes(goal))
      const dialect = dialectOf(
        (asked.tools ?? []).map((tool) => tool.function.name),
        textOf(asked.messages.filter(({ role }) => role === 'system' || role === 'developer')),
      )
      if (!known || !dialect) return answer(response, asked, { text: 'A title' })
      const count = (counts.get(known.name) ?? 0) + 1
      counts.set(known.name, count)
      const fault = known.faults?.find(({ at }) => at === count)
      const move = nextMove(known, textOfUser(asked), madeIn(asked.messages, dialect.understands))
      const call = dialect.say(move)
      if (!fault) return answer(response, asked, { text: thought(move), ...(call ? { call } : {}) })
      void act(fault, { known, response, asked, call, onKill })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, // It listens on TCP.
    calls: (name) => counts.get(name) ?? 0,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function act(
  { kind }: Fault,
  given: {
    known: Case
    response: ServerResponse
    asked: Request
    call: Call | undefined
    onKill(known: Case, kind: 'kill-hub' | 'kill-agent'): Promise<void>
  },
): Promise<void> {
  const { known, response, asked, call, onKill } = given
  switch (kind) {
    case 'bad-json':
      return answer(response, asked, {
        text: '',
        call: { name: call?.name ?? 'read', raw: '{"path": "src' },
      })
    case 'unknown-tool':
      return answer(response, asked, {
        text: '',
        call: { name: 'apply_magic', args: { everything: true } },
      })
    case 'unavailable':
      return json(response, 503, { error: { message: 'overloaded', type: 'server_error' } })
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '4096' })
      response.write('{"id":"chatcmpl-1","object":"chat.comp')
      return void setImmediate(() => response.destroy())
    case 'kill-hub':
    case 'kill-agent':
      await onKill(known, kind)
      response.destroy()
  }
}

/** The moves of a transcript with their results. A text that somebody answered was the end of a turn. */
function madeIn(messages: Message[], understands: (name: string) => boolean): Made[] {
  const made: Made[] = []
  messages.forEach((message, at) => {
    if (message.role !== 'assistant') return
    for (const call of message.tool_calls ?? []) {
      const reply = messages.find((other) => other.tool_call_id === call.id)
      if (!understands(call.function.name) || !isJson(call.function.arguments)) continue
      const result = reply ? textOf([reply]) : ''
      // What was cut off says nothing of how it would have ended, so it is done again.
      if (cutOff.test(result)) continue
      made.push({ move: { kind: 'say', text: call.function.name }, result })
    }
    const next = messages[at + 1]
    if (!message.tool_calls?.length && next?.role === 'user')
      made.push({ move: { kind: 'say', text: '' }, result: `conflict: ${textOf([next])}` })
  })
  return made
}

/** How opencode tells a model of a call that its end cut off. */
const cutOff = /^\[?Tool execution (?:was interrupted|aborted)/

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false // The fault of this name.
  }
}

const textOf = (messages: Message[]): string =>
  messages
    .map(({ content }) =>
      typeof content === 'string'
        ? content
        : (content ?? []).map((part) => part.text ?? '').join(''),
    )
    .join('\n')

/** What was asked, without what the hub tells of other tasks, whose goals stand there too. Rules name the mark. */
const textOfUser = ({ messages }: Request) =>
  textOf(messages.filter(({ role }) => role === 'user')).replace(
    /<context>\n[\s\S]*?\n<\/context>/g,
    '',
  )

const thought = (move: Move): string =>
  move.kind === 'say' ? move.text : move.kind === 'finish' ? move.summary : `Next: ${move.kind}.`

const json = (response: ServerResponse, status: number, value: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

type Said = { text: string; call?: { name: string; args?: Record<string, unknown>; raw?: string } }

let number = 0

function answer(response: ServerResponse, { model, stream }: Request, { text, call }: Said): void {
  const made = call && {
    id: `call_${++number}`,
    type: 'function',
    function: { name: call.name, arguments: call.raw ?? JSON.stringify(call.args) },
  }
  const finish = made ? 'tool_calls' : 'stop'
  const usage = { prompt_tokens: 200, completion_tokens: 20, total_tokens: 220 }
  const head = { id: 'chatcmpl-1', created: 1, model }
  const message = { role: 'assistant', content: text, ...(made ? { tool_calls: [made] } : {}) }
  if (!stream) {
    const choices = [{ index: 0, message, finish_reason: finish }]
    return json(response, 200, { ...head, object: 'chat.completion', choices, usage })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const delta = { ...message, ...(made ? { tool_calls: [{ index: 0, ...made }] } : {}) }
  const chunks = [
    { choices: [{ index: 0, delta, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason: finish }] },
    { choices: [], usage },
  ].map(
    (chunk) =>
      `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...chunk })}\n\n`,
  )
  response.end(`${chunks.join('')}data: [DONE]\n\n`)
}
