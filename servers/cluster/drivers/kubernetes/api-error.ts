import { z } from 'zod'
import type { ErrorCode } from '../../../../schemas/errors.ts'
import { HubError } from '../../../../schemas/errors.ts'

/** The API server's own answer to what it does not do (`v1.Status`), as an error of this hub. */
export class ApiError extends HubError {
  /** HTTP status. */
  readonly status: number
  /** The word of the API for it, such as `AlreadyExists`. */
  readonly reason: string
  readonly retryAfterMs: number | undefined

  constructor(cluster: string, at: { status: number; body: string; retryAfter?: string }) {
    const { status, body, retryAfter } = at
    const said = Status.safeParse(jsonOf(body)).data
    const reason = said?.reason ?? ''
    const message = said?.message || `HTTP status ${status}`
    const { code, hint } = meaningOf(status, reason, message)
    super(code, `the cluster ${cluster} says: ${message.slice(0, 1500)}`, hint ? { hint } : {})
    this.status = status
    this.reason = reason
    const seconds = Number(retryAfter ?? said?.details?.retryAfterSeconds)
    this.retryAfterMs = seconds > 0 ? seconds * 1000 : undefined
  }
}

/** Whether a version to go on from is no longer kept, so that everything has to be listed again. */
export const isExpired = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 410 || error.reason === 'Expired')

export const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof ApiError && error.status === status

/** `unknown` where the cluster could not be asked; any other failure stays one. */
export function unlessAway(error: unknown): 'unknown' {
  if (error instanceof HubError && error.code === 'unavailable') return 'unknown'
  throw error
}

function meaningOf(
  status: number,
  reason: string,
  message: string,
): { code: ErrorCode; hint?: string } {
  if (status === 401)
    return {
      code: 'unavailable',
      hint: "It does not accept the hub's credential; renew what the kubeconfig holds.",
    }
  if (status === 403 && message.includes('exceeded quota'))
    return { code: 'exhausted', hint: 'Ask for less, wait, or raise the quota of the org there.' }
  if (status === 403)
    return /violates PodSecurity|ValidatingAdmissionPolicy/.test(message)
      ? { code: 'denied' }
      : { code: 'denied', hint: "The rights of the hub's user in the cluster do not reach so far." }
  if (status === 404) return { code: 'not_found' }
  if (status === 409 || status === 410) return { code: 'conflict' }
  if (status === 429) return { code: 'exhausted', hint: 'Try again in a moment.' }
  if (status >= 500 || reason === 'Timeout') return { code: 'unavailable' }
  return { code: 'invalid' }
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // A proxy in between answers in its own words.
  }
}

const Status = z.object({
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z.object({ retryAfterSeconds: z.number().optional() }).nullish(),
})
