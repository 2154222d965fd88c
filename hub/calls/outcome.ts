import { HubError } from '../../schemas/errors.ts'
import { NotSent } from '../upstreams/channel.ts'
import { RpcError } from '../rpc/protocol.ts'

/** What came of a call, as its audit row says it; `unknown` where the answer was lost. */
export type Outcome = 'ok' | 'failed' | 'denied' | 'canceled' | 'unknown'

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
