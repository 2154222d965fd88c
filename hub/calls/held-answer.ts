import type { ErrorBody } from '../../schemas/errors.ts'
import { HubError, errorBody } from '../../schemas/errors.ts'
import type { ApprovalRow } from '../../servers/orchestration/store/approvals.ts'
import { RpcError } from '../rpc/protocol.ts'
import type { HeldCall } from './store/held-calls.ts'

/** What a held call came to, as it is kept until its caller has it. */
type Answer =
  | { value: unknown }
  | { error: ErrorBody }
  | { rpc: { code: number; message: string; data?: unknown } }

/** Makes the call; what it came to as text, a failure included. */
export async function answerOf(run: () => Promise<unknown>): Promise<string> {
  try {
    return answerText({ value: await run() })
  } catch (error) {
    if (error instanceof HubError) return failureText(error)
    if (!(error instanceof RpcError)) throw error
    const { code, message, data } = error
    return answerText({ rpc: { code, message, data } })
  }
}

export const failureText = (error: HubError): string => answerText({ error: errorBody(error) })

/** The value that the text was made of; throws the failure. */
export function valueOf(text: string): unknown {
  const answer = JSON.parse(text) as Answer // Written by answerText.
  if ('rpc' in answer)
    throw new RpcError(answer.rpc.code, answer.rpc.message, answer.rpc.data, true)
  if (!('error' in answer)) return answer.value
  const { code, message, hint, details } = answer.error
  throw new HubError(code, message, { ...(hint ? { hint } : {}), ...(details ? { details } : {}) })
}

const answerText = (answer: Answer): string => JSON.stringify(answer)

/** Why a call that was asked about is not made, or no more. */
export function whyNot(row: ApprovalRow | undefined, approval: string, name: string): HubError {
  const details = { approval }
  if (row?.state === 'denied')
    return new HubError(
      'denied',
      `${row.decided_by} did not approve ${name}: ${row.reason ?? 'no reason was given'}`,
      { details },
    )
  if (row?.state === 'expired' || row?.state === 'pending')
    return new HubError('denied', `${name} was not approved: the question expired unanswered`, {
      hint: 'Send the call again if it is still wanted; it is asked for anew.',
      details,
    })
  const why =
    row?.state === 'approved' ? 'its answer was handed out before' : 'the question was taken back'
  return new HubError('conflict', `the approval ${approval} of ${name} is used up: ${why}`, {
    hint: 'Send the call again; it is asked for anew.',
    details,
  })
}

export const stillAsked = (approval: string, name: string): HubError =>
  new HubError('approval_required', `${name} waits for a person: approval ${approval}`, {
    hint: 'Send the same call again after the answer; approval_list with `approval` and `wait_ms` waits for it. It is made once, when it is approved.',
    details: { approval },
  })

export const tooManyOpen = (caller: string): HubError =>
  new HubError('exhausted', `${caller} has too many calls that wait for a person`, {
    hint: 'Wait until they are answered; approval_list shows them.',
  })

export const lostCall = ({ name }: HeldCall): HubError =>
  new HubError(
    'unavailable',
    `the hub ended while ${name} was being made: what came of it is unknown`,
  )
