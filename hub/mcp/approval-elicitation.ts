import type { Approval } from '../../schemas/approval.ts'
import { HubError } from '../../schemas/errors.ts'
import { cutText } from '../../servers/kit/table.ts'
import type { CallOptions } from '../calls/call.ts'
import { decide, mayList } from '../calls/decide.ts'
import type { Caller } from '../rpc/caller.ts'
import type { Identity, Params } from '../rpc/protocol.ts'
import { RpcError, isObject } from '../rpc/protocol.ts'
import type { McpParts } from './parts.ts'

type Hub = Pick<McpParts, 'calls' | 'config'>
type Options = Pick<CallOptions, 'patienceMs' | 'signal'>
type Request = { caller: Caller; client: Identity; modern: boolean; params: Params }

/** What a modern client brings back with its answer. It gives no right: the answer is checked as any other. */
const waiting = 'switchyard:approval:'
const question = 'approval'
/** A person looks at the dialog for as long as that. */
const dialogMs = 10 * 60_000
const shownChars = 4000

/** What the modern era answers in place of a result: that input is needed first. */
export class InputNeeded {
  readonly result: object

  constructor(result: object) {
    this.result = result
  }
}

/**
 * Makes a call. Where it waits for a person and that may be the very person whose client made it, the
 * client is asked at once: by a request in the old era, by a result that asks for input in the modern one.
 * Without an answer the approval stays for everybody who may decide.
 * https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation#form-mode
 */
export function callAsking<T>(
  hub: Hub,
  request: Request,
  make: (params: Params, options: Options) => Promise<T>,
): Promise<T | InputNeeded> {
  const { caller, modern, params } = request
  const state = modern ? params.requestState : undefined
  const isBack = typeof state === 'string' && state.startsWith(waiting)
  if (isBack) return callAnswered(hub, caller, params, state, make)
  if (asksInForms(request) && mayAnswer(caller, true)) return callInForms(hub, request, make)
  const { patienceMs } = caller
  return make(params, patienceMs === undefined ? {} : { patienceMs })
}

/** Makes it again, now that the client has brought an answer. */
async function callAnswered<T>(
  hub: Hub,
  caller: Caller,
  params: Params,
  state: string,
  make: (params: Params, options: Options) => Promise<T>,
): Promise<T> {
  const { requestState: _ours, inputResponses, ...rest } = params
  const brought = isObject(inputResponses) ? inputResponses[question] : undefined
  const isAnswered = await settle(hub, caller, state.slice(waiting.length), brought)
  return make(rest, isAnswered ? {} : { patienceMs: 0 })
}

/** Makes it, and asks the client where a person has to be asked. */
async function callInForms<T>(
  hub: Hub,
  { caller, modern, params }: Request,
  make: (params: Params, options: Options) => Promise<T>,
): Promise<T | InputNeeded> {
  try {
    return await make(params, { patienceMs: 0 })
  } catch (error) {
    const asked = await approvalOf(hub, caller, error)
    if (asked === undefined) throw error
    if (!mayAnswer(caller, hub.config().file.orgs[asked.org]?.selfApproval ?? true))
      return make(params, {})
    if (!modern) return whileAsking(hub, caller, asked, (options) => make(params, options))
    const inputRequests = { [question]: { method: 'elicitation/create', params: dialog(asked) } }
    const requestState = `${waiting}${asked.id}`
    return new InputNeeded({ resultType: 'input_required', inputRequests, requestState })
  }
}

/** Waits for the call, which goes on when anybody answers, and for this client's own answer. */
async function whileAsking<T>(
  hub: Hub,
  caller: Caller,
  asked: Approval,
  make: (options: Options) => Promise<T>,
): Promise<T> {
  const { session, signal, send } = caller
  const [decided, left] = [new AbortController(), new AbortController()]
  const until = AbortSignal.any([signal(), left.signal])
  const making = make({ patienceMs: dialogMs, signal: () => until })
  const made = making.finally(() => decided.abort())
  made.catch(() => undefined) // It is waited for below.
  try {
    const dialogSignal = AbortSignal.any([signal(), decided.signal])
    const answer = await session?.ask('elicitation/create', dialog(asked), dialogSignal, send)
    if (!(await settle(hub, caller, asked.id, answer))) left.abort()
  } catch (error) {
    if (!(error instanceof HubError || error instanceof RpcError)) throw error
    if (!decided.signal.aborted) left.abort() // The client would not ask; the question stays.
  }
  if (!left.signal.aborted) return made
  await made.catch(() => undefined)
  return make({ patienceMs: 0 })
}

/** Hands the client's answer in; false where it has none, and the question stays. */
async function settle(
  hub: Hub,
  { principal }: Caller,
  approval: string,
  answer: unknown,
): Promise<boolean> {
  const { action, content } = isObject(answer) ? answer : {}
  const given = isObject(content) ? content : {}
  const decision = action === 'decline' ? 'deny' : action === 'accept' ? given.decision : undefined
  if (decision !== 'approve' && decision !== 'deny') return false
  const words = typeof given.reason === 'string' && given.reason !== '' ? given.reason : undefined
  const reason = words ?? (action === 'decline' ? 'declined in the client' : undefined)
  const scope = decision === 'approve' ? given.scope : undefined
  try {
    await hub.calls.tool(principal, 'approval_decide', {
      approval,
      decision,
      ...(reason === undefined ? {} : { reason }),
      ...(scope === undefined ? {} : { scope }),
    })
  } catch (error) {
    // Somebody else was faster: the call says how it went.
    if (!(error instanceof HubError && error.code === 'conflict')) throw error
  }
  return true
}

/** The open question that a call ended with, if it did. */
async function approvalOf(
  hub: Hub,
  { principal }: Caller,
  error: unknown,
): Promise<Approval | undefined> {
  if (!(error instanceof HubError) || error.code !== 'approval_required') return undefined
  const approval = error.details?.approval
  const listed = await hub.calls.tool(principal, 'approval_list', { approval })
  const { items } = listed as { items: Approval[] } // The tool's output.
  return items.find(({ state }) => state === 'pending')
}

function dialog({ question: message, details, task }: Approval): Record<string, unknown> {
  const { tool: _tool, arguments: args, diff, preview, ...others } = details
  const change = diff ?? preview
  const text = [
    message,
    ...Object.entries(others).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
    `Arguments: ${cutText(JSON.stringify(args ?? {}, null, 2), shownChars)}`,
    ...(typeof change === 'string' ? ['It would change:', cutText(change, shownChars)] : []),
  ]
  const scopes = ['once', ...(task === undefined ? [] : ['task']), 'rule']
  const properties = {
    decision: { type: 'string', title: 'Answer', enum: ['approve', 'deny'] },
    scope: { type: 'string', title: 'How far a yes reaches', enum: scopes, default: 'once' },
    reason: { type: 'string', title: 'Reason', maxLength: 2000 },
  }
  const requestedSchema = { type: 'object', properties, required: ['decision'] }
  return { message: text.join('\n'), requestedSchema }
}

/** A client that says no more than that it can be asked can be asked in forms. */
function asksInForms({ client, modern, caller }: Request): boolean {
  const { elicitation } = client.capabilities
  if (!isObject(elicitation) || (!modern && caller.session === undefined)) return false
  return 'form' in elicitation || !('url' in elicitation)
}

/** Whether who makes the call may also approve it. */
const mayAnswer = ({ principal }: Caller, selfApproval: boolean): boolean =>
  mayList(principal, { name: 'approval_decide', scope: 'approval:decide' }) &&
  decide(principal, 'approval.answer', {
    kind: 'call',
    decision: 'approve',
    askedBy: principal.id,
    selfApproval,
  }).kind === 'allow'
