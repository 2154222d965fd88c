import type { Logger } from 'pino'
import type { CallOutcome } from '../../schemas/approval.ts'
import { HubError } from '../../schemas/errors.ts'
import { NotSent } from '../upstreams/channel.ts'
import { RpcError } from '../rpc/protocol.ts'

/** What came of a call, as its audit row says it. */
export type Outcome = CallOutcome

/** What an error says about the effect of the call that ended with it. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof HubError)) return 'failed'
  if (error.code === 'denied' || error.code === 'canceled') return error.code
  // What is unavailable may have done its work before it was lost, unless nothing was sent to it.
  if (error.code === 'unavailable' && !(error instanceof NotSent)) return 'unknown'
  return 'failed'
}

/** The same as a metric label, with the code of the error where it has one of ours. */
export const labelOf = (error: unknown): string =>
  error instanceof HubError ? error.code : error instanceof RpcError ? 'upstream_error' : 'internal'

/** Known failures pass; anything else is a bug: the caller gets a reference, the log gets the stack. */
export function asKnown(
  thrown: unknown,
  { name, requestId }: { name: string; requestId: string },
  log: Logger,
): HubError | RpcError {
  if (thrown instanceof HubError || thrown instanceof RpcError) return thrown
  log.error({ error: thrown, tool: name, requestId }, 'a tool failed unexpectedly')
  return new HubError('internal', `${name} failed inside the hub; reference ${requestId}`, {
    hint: 'The log of the hub has the details under this reference.',
  })
}
