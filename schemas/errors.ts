/** What went wrong, as a caller sees it. Every code says who must act. */
const errorCodes = [
  'invalid', // the request is malformed: the caller changes it
  'unauthenticated', // no valid credential: the caller signs in
  'denied', // the principal may not do this: an owner grants it
  'approval_required', // a person has to say yes first: send the same call again after the answer
  'not_found', // nothing has that name or id: the caller looks it up
  'conflict', // the state moved on: the caller reads it again
  'ambiguous', // several things match: the caller names one
  'unsupported', // this system cannot do that, by design or on this machine
  'exhausted', // a limit, budget, quota or disk is full: wait or raise it
  'unavailable', // a part is down or draining: the same call may be sent again
  'failed', // a tool of another server says that it failed: its text says why
  'canceled', // the caller or the system stopped it
  'internal', // a bug: the reference leads to the log
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** A failure a caller can act on. Anything else that is thrown is a bug and becomes `internal`. */
export class HubError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly details: Record<string, unknown> | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'HubError'
    this.code = code
    this.hint = options.hint
    this.details = options.details
  }
}

/** The form an error takes on every wire: REST bodies, tool results and command-line `--json`. */
export type ErrorBody = {
  code: ErrorCode
  message: string
  hint?: string
  details?: Record<string, unknown>
}

export const errorBody = (error: HubError): ErrorBody => ({
  code: error.code,
  message: error.message,
  ...(error.hint === undefined ? {} : { hint: error.hint }),
  ...(error.details === undefined ? {} : { details: error.details }),
})

/** HTTP status of each code, for REST routes and refusals before dispatch. */
export const httpStatus: Record<ErrorCode, number> = {
  invalid: 400,
  unauthenticated: 401,
  denied: 403,
  approval_required: 403,
  not_found: 404,
  conflict: 409,
  ambiguous: 409,
  unsupported: 422,
  exhausted: 429,
  unavailable: 503,
  failed: 502,
  canceled: 499,
  internal: 500,
}
