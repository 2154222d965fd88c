import { HubError } from '../../schemas/errors.ts'
import { NotSent, UpstreamEnded } from './channel.ts'
import { AccessRefused } from './refused.ts'
import { SignInNeeded } from './sign-in/sign-in.ts'

/** Why a request to a server failed, for who asked: which server it is, and what may have become of the request. */
export function explained(server: string, method: string, error: unknown): unknown {
  if (error instanceof AccessRefused) return error.by(server)
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

/** Whether a server takes nothing from this hub any more, as against one call that it refuses. */
export const isShutOut = (error: unknown): boolean =>
  error instanceof AccessRefused
    ? error.status === 401
    : error instanceof SignInNeeded && error.shutsOut

const hint = 'The call may have been carried out: look what it did before you make it again.'

const isUnreachable = ({ cause }: HubError): boolean =>
  cause instanceof Error && 'code' in cause && unreachable.has(cause.code)

const unreachable = new Set<unknown>(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])
