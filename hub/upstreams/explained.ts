import { HubError } from '../../schemas/errors.ts'
import { AccessRefused, NotSent, UpstreamEnded } from './channel.ts'

/** Why a request to a server failed, for who asked: which server it is, and what may have become of the request. */
export function explained(server: string, method: string, error: unknown): unknown {
  if (error instanceof AccessRefused)
    return new NotSent(`${server} ${AccessRefused.did}`, error.hint)
  if (error instanceof NotSent) return new NotSent(`${server}: ${error.message}`)
  if (!(error instanceof HubError) || error.code !== 'unavailable') return error
  const message =
    error instanceof UpstreamEnded
      ? `the server ${server} ended before it answered: ${error.reason}`
      : `${server}: ${error.message}`
  return new HubError('unavailable', message, {
    ...(method === 'tools/call' && !isUnreachable(error) ? { hint } : {}),
    ...(error.details ? { details: error.details } : {}),
    cause: error,
  })
}

const hint = 'The call may have been carried out: look what it did before you make it again.'

const isUnreachable = ({ cause }: HubError): boolean =>
  cause instanceof Error && 'code' in cause && unreachable.has(cause.code)

const unreachable = new Set<unknown>(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])
