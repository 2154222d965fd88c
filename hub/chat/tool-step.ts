import type { ToolPart } from '../../schemas/chat-part.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { readApproval } from '../../servers/orchestration/store/approvals.ts'
import { stateOfHeldCall } from '../calls/store/held-calls.ts'
import { outcomeLost } from './assemble.ts'
import { bounded } from './data.ts'
import type { ChatParts } from './parts.ts'
import type { Run } from './run.ts'
import type { Made } from './tool-call.ts'
import { makeCall } from './tool-call.ts'

/** How long one wait for a person lasts; then it is asked again whether anybody still waits. */
const waitMs = 10 * 60_000
const errorChars = 4000

/** Thrown where the hub ends while a call waits for a person: the next process goes on with it. */
export class Detached extends Error {}

/** Makes a call that the answer asks for, waits for a person where that takes one, and says what came of it. */
export async function carryOut(
  hub: ChatParts,
  run: Run,
  part: ToolPart,
  principal: Principal,
): Promise<void> {
  const { toolCallId, toolName: name, input = {} } = part
  const { now } = hub
  const signal = AbortSignal.any([run.stop.signal, hub.stopping])
  const call = { principal, name, input, requestId: toolCallId, signal }
  const startedAt = now()
  try {
    if (await isUsedUp(hub, part)) throw new HubError('unavailable', outcomeLost)
    part.toolMetadata = { ...part.toolMetadata, startedAt }
    await run.save() // Whatever happens now, it is on record that this call was made.
    const made = await makeCall(hub, { ...call, patienceMs: 0 }).catch((error: unknown) =>
      whenApproved(hub, run, part, {
        error,
        make: () => makeCall(hub, { ...call, patienceMs: waitMs }),
      }),
    )
    await tellAnswer(hub, run, part)
    ends(made, now() - startedAt)
  } catch (error) {
    if (error instanceof Detached || !(error instanceof HubError)) throw error
    await tellAnswer(hub, run, part)
    const isDenied = part.approval?.approved === false
    if (isDenied) return run.emit({ type: 'tool-output-denied', toolCallId })
    const { code, message, hint } = error
    const durationMs = now() - startedAt
    run.emit({
      type: 'tool-output-error',
      toolCallId,
      dynamic: true,
      errorText: bounded(`${code}: ${message}${hint ? `\n${hint}` : ''}`, errorChars),
      toolMetadata: {
        durationMs,
        error: { code, message: bounded(message, errorChars), ...(hint ? { hint } : {}) },
      },
    })
  }

  function ends({ output, text, isCut }: Made, durationMs: number): void {
    const toolMetadata = {
      durationMs,
      ...(text === undefined ? {} : { text }),
      ...(isCut ? { cut: true } : {}),
    }
    run.emit({ type: 'tool-output-available', toolCallId, dynamic: true, output, toolMetadata })
  }
}

/** Waits until a person has answered; what the call came to after a yes. */
async function whenApproved(
  hub: ChatParts,
  run: Run,
  part: ToolPart,
  { error, make }: { error: unknown; make(): Promise<Made> },
): Promise<Made> {
  let thrown = error
  for (;;) {
    const approvalId = approvalOf(thrown)
    if (approvalId === undefined) throw thrown
    if (part.approval?.id !== approvalId)
      run.emit({ type: 'tool-approval-request', toolCallId: part.toolCallId, approvalId })
    if (hub.closing.aborted) throw new Detached()
    run.state = 'waiting'
    await run.save()
    const tell = () => void tellAnswer(hub, run, part).catch(() => undefined) // Told at the end.
    const unsubscribe = hub.store.topics.subscribe(approvalId, tell)
    try {
      return await make()
    } catch (next) {
      if (hub.closing.aborted && !run.stop.signal.aborted) throw new Detached()
      thrown = next
    } finally {
      unsubscribe()
      await tellAnswer(hub, run, part)
      run.state = 'running'
    }
  }
}

/** Says in the stream how the question was answered, where there is one and once. */
async function tellAnswer({ store }: ChatParts, run: Run, { approval }: ToolPart): Promise<void> {
  if (approval === undefined || approval.approved !== undefined) return
  const row = await readApproval(store.reader, approval.id)
  if (row?.state !== 'approved' && row?.state !== 'denied') return
  const approved = row.state === 'approved'
  const reason = row.reason === null ? {} : { reason: row.reason }
  run.emit({ type: 'tool-approval-response', approvalId: approval.id, approved, ...reason })
}

const approvalOf = (error: unknown): string | undefined => {
  if (!(error instanceof HubError) || error.code !== 'approval_required') return undefined
  const id = error.details?.approval
  return typeof id === 'string' ? id : undefined
}

/**
 * Whether an earlier process made the approved call and ended before its answer was on record. Sent
 * again it would be asked for, and made, a second time.
 */
async function isUsedUp({ store }: ChatParts, { approval }: ToolPart): Promise<boolean> {
  return approval !== undefined && (await stateOfHeldCall(store.reader, approval.id)) === undefined
}
