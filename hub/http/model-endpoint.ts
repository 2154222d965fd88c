import { z } from 'zod'
import { HubError, httpStatus } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Generated } from './chat-answer.ts'
import { toChunks, toCompletion } from './chat-answer.ts'
import { ChatRequest, toArguments } from './chat-request.ts'
import type { HttpParts } from './parts.ts'

// Refusals come well within this, and then still have a status of their own.
const openAfterMs = 1000
// Less than what clients and proxies wait for the next byte.
const keepAliveMs = 15_000

const encoder = new TextEncoder()

/**
 * `POST /v1/chat/completions`, as clients of OpenAI's interface send it: a call of model_generate, so
 * that a program in a pod needs no key and its calls are policed, recorded and counted like all others.
 */
export async function completeChat(
  hub: HttpParts,
  principal: Principal,
  { body, signal }: { body: () => Promise<unknown>; signal: AbortSignal },
): Promise<Response> {
  try {
    const request = parseRequest(await body())
    const made = hub.calls.tool(principal, 'model_generate', toArguments(request), {
      signal: () => signal,
    }) as Promise<Generated> // The tool's output.
    const identity = { id: hub.id('chatcmpl'), created: Math.floor(hub.now() / 1000) }
    if (request.stream !== true) return Response.json(toCompletion(await made, identity))
    await Promise.race([made, new Promise((resolve) => setTimeout(resolve, openAfterMs).unref())])
    const includeUsage = request.stream_options?.include_usage === true
    const chunks = made.then((generated) => toChunks(generated, identity, includeUsage))
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }
    return new Response(eventStream(hub, chunks), { headers })
  } catch (error) {
    const { status, ...answer } = problem(hub, error)
    return Response.json(answer, { status })
  }
}

/** `GET /v1/models`: what may be named there. */
export async function listChatModels(hub: HttpParts, principal: Principal): Promise<Response> {
  try {
    const { items } = (await hub.calls.tool(principal, 'model_list', {})) as {
      items: { name: string; provider: string }[]
    } // The tool's output.
    const logical = Object.keys(hub.config().file.models).map(
      (name) => [name, 'switchyard'] as const,
    )
    const named = items.map(({ name, provider }) => [name, provider] as const)
    const all = new Map([['default', 'switchyard'], ...logical, ...named])
    const data = [...all].map(([id, owner]) => ({
      id,
      object: 'model',
      created: 0,
      owned_by: owner,
    }))
    return Response.json({ object: 'list', data })
  } catch (error) {
    const { status, ...answer } = problem(hub, error)
    return Response.json(answer, { status })
  }
}

/** The chunks as server-sent events, with comments until there are any. */
function eventStream(hub: HttpParts, chunks: Promise<object[]>): ReadableStream<Uint8Array> {
  let timer: NodeJS.Timeout | undefined
  return new ReadableStream({
    start: (controller) => {
      const send = (text: string) => controller.enqueue(encoder.encode(text))
      timer = setInterval(() => send(': keep-alive\n\n'), keepAliveMs)
      const sending = chunks.then(
        (all) => all.forEach((chunk) => send(`data: ${JSON.stringify(chunk)}\n\n`)),
        (error: unknown) => {
          const { status: _sent, ...answer } = problem(hub, error)
          send(`data: ${JSON.stringify(answer)}\n\n`)
        },
      )
      const end = () => {
        clearInterval(timer)
        send('data: [DONE]\n\n')
        controller.close()
      }
      sending.then(end).catch(() => clearInterval(timer)) // The reader went away; nothing is left to tell.
    },
    cancel: () => clearInterval(timer),
  })
}

function parseRequest(body: unknown): ChatRequest {
  const parsed = ChatRequest.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const param = issue?.path.join('.') ?? ''
  throw new HubError('invalid', z.prettifyError(parsed.error).slice(0, 1000), {
    details: { param },
  })
}

/** An error in the form that OpenAI's clients know, with its status. */
function problem(hub: HttpParts, thrown: unknown) {
  const isKnown = thrown instanceof HubError
  if (!isKnown) hub.log.error({ error: thrown }, 'a chat completion failed unexpectedly')
  const error = isKnown ? thrown : new HubError('internal', 'the request failed inside the hub')
  const { code, hint, details } = error
  const message = [error.message, hint].filter(Boolean).join(' ')
  // Clients repeat a 429 by themselves, which helps with a rate and not with a budget.
  const isSpent = code === 'exhausted' && details?.retryAfterMs === undefined
  const status = isSpent ? 402 : httpStatus[code]
  const type = isSpent
    ? 'insufficient_quota'
    : status < 500
      ? 'invalid_request_error'
      : 'server_error'
  return { status, error: { message, type, param: details?.param ?? null, code } }
}
