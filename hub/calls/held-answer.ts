import type { ErrorBody } from '../../schemas/errors.ts'
import { HubError, errorBody } from '../../schemas/errors.ts'
import { textWithoutSecrets } from '../../servers/kit/redact.ts'
import type { Transaction } from '../../servers/kit/sql.ts'
import type { CallEnd } from '../../servers/orchestration/store/approval-outcome.ts'
import { recordCallOutcome } from '../../servers/orchestration/store/approval-outcome.ts'
import type { ApprovalRow } from '../../servers/orchestration/store/approvals.ts'
import { RpcError } from '../rpc/protocol.ts'
import { outcomeOf } from './outcome.ts'
import type { HeldCall } from './store/held-calls.ts'
import { finishHeldCall } from './store/held-calls.ts'

/** What a held call came to, as it is kept until its caller has it. */
type Answer =
  | { value: unknown }
  | { error: ErrorBody }
  | { rpc: { code: number; message: string; data?: unknown } }

/** An answer as it is kept, with what it says of the call's success. */
export type Kept = CallEnd & { text: string }

/** Makes the call; what it came to, a failure included. */
export async function answerOf(run: () => Promise<unknown>): Promise<Kept> {
  try {
    const value = await run()
    return { text: answerText({ value }), ...endOf(value) }
  } catch (error) {
    if (error instanceof HubError) return failed(error)
    if (!(error instanceof RpcError)) throw error
    const { code, message, data } = error
    return {
      text: answerText({ rpc: { code, message, data } }),
      outcome: outcomeOf(error),
      failure: shortened(message),
    }
  }
}

export const failed = (error: HubError): Kept => ({
  text: answerText({ error: errorBody(error) }),
  outcome: outcomeOf(error),
  failure: shortened(`${error.code}: ${error.message}`),
})

/** A value that came is a success, but where an upstream's result says that its tool failed. */
function endOf(value: unknown): CallEnd {
  const { result } = (value ?? {}) as { result?: Record<string, unknown> } // An upstream's Reply.
  if (result?.isError !== true) return { outcome: 'ok' }
  const { content } = result as { content?: { text?: unknown }[] }
  const said = content?.map((block) => block.text).find((words) => typeof words === 'string')
  return { outcome: 'failed', failure: said && shortened(said) }
}

const shortened = (text: string): string => textWithoutSecrets(text).slice(0, 500)

/** Keeps what a call came to until its caller has it, and beside the approval whether it succeeded. */
export async function keepAnswer(
  tx: Transaction,
  approval: string,
  from: 'waiting' | 'running',
  { text, ...end }: Kept,
): Promise<void> {
  await finishHeldCall(tx, approval, from, text)
  if (from === 'running') await recordCallOutcome(tx, approval, end)
}

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

export const stillMade = (approval: string, name: string): HubError =>
  new HubError(
    'unavailable',
    `${name} was approved and is still being made: approval ${approval}`,
    {
      hint: 'Send the same call again for its answer; it is made once.',
      details: { approval },
    },
  )

/** Whether whoever made a call wants it made no more, and has not just lost the connection. */
export const isTakenBack = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && reason instanceof HubError && reason.code === 'canceled'

export const tooManyOpen = (caller: string): HubError =>
  new HubError('exhausted', `${caller} has too many calls that wait for a person`, {
    hint: 'Wait until they are answered; approval_list shows them.',
  })

export const lostCall = ({ name }: HeldCall): HubError =>
  new HubError(
    'unavailable',
    `the hub ended while ${name} was being made: what came of it is unknown`,
  )
