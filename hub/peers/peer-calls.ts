import { z } from 'zod'
import type { ErrorCode } from '../../schemas/errors.ts'
import { HubError, httpStatus } from '../../schemas/errors.ts'
import { RpcError } from '../rpc/protocol.ts'
import type { Reply } from '../rpc/reply.ts'
import { hubIdentity } from '../upstreams/handshake.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'

/** The request by which a tool of a peer is called: as a program does, which wants the structure alone. */
export const peerRequest = (tool: string, args: Record<string, unknown>) => ({
  method: 'tools/call',
  params: { name: tool, arguments: args, _meta: { 'switchyard/output': 'structured' } },
  client: hubIdentity,
  modern: true,
  headers: { 'mcp-name': tool },
})

/**
 * Asks a peer something that changes nothing there. Only what has an effect is passed through the road of
 * calls and on record: who follows a task asks every second.
 */
export async function askPeer(
  link: UpstreamLink,
  tool: string,
  args: Record<string, unknown>,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<unknown> {
  const { method, params, client, headers } = peerRequest(tool, args)
  const call = { timeoutMs, client, headers, ...(signal ? { signal } : {}) }
  return peerAnswer(
    link.name,
    await asHubError(link.name, link.request(method, params, call, undefined)),
  )
}

const Failure = z.object({
  code: z.enum(Object.keys(httpStatus) as [ErrorCode, ...ErrorCode[]]), // Its keys are the codes.
  message: z.string(),
  hint: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
})

/** The structured answer of a peer's tool, or the HubError that it failed with there. */
export function peerAnswer(peer: string, { result }: Reply): unknown {
  const meta = result._meta as Record<string, unknown> | undefined // Read by one key, and parsed.
  const failure = Failure.safeParse(meta?.['switchyard/error'])
  if (failure.success) {
    const { code, message, hint, details } = failure.data
    throw new HubError(code, `${peer}: ${message}`, {
      ...(hint === undefined ? {} : { hint }),
      ...(details === undefined ? {} : { details }),
    })
  }
  if (result.isError === true)
    throw new HubError('failed', `${peer} failed without saying why`, {
      details: { content: result.content },
    })
  return result.structuredContent
}

/** What went wrong on the way as an error of this hub: the peer cannot be reached, or does not know the tool. */
export async function asHubError<T>(peer: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof HubError) throw error
    const message = error instanceof Error ? error.message : String(error)
    const code = error instanceof RpcError ? 'unsupported' : 'unavailable'
    throw new HubError(code, `${peer}: ${message}`, { cause: error })
  }
}
