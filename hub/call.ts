import { randomUUID } from 'node:crypto'
import { HubError } from '../schemas/errors.ts'
import type { Principal } from '../schemas/principal.ts'
import { auditArgs } from '../servers/kit/audit.ts'
import type { LeaseState } from '../servers/kit/authority.ts'
import type { Context } from '../servers/kit/context.ts'
import type { Transaction } from '../servers/kit/sql.ts'
import type { Tool } from '../servers/kit/tool.ts'
import type { Tx } from '../servers/kit/tx.ts'
import { attemptIsLive } from '../servers/orchestration/attempt-rows.ts'
import { authorityOf } from './calls/decide.ts'
import type { Hub } from './hub.ts'

export type CallOptions = {
  requestId?: string | undefined
  /** Made only when a tool asks for it: most calls end before anybody could cancel them. */
  signal?: (() => AbortSignal) | undefined
}

/**
 * The one road every call takes, whatever door it came in by: find the tool, ask the policy, run it
 * with a context of its own, and leave an audit row and a measurement.
 */
export async function callTool(
  hub: Hub,
  principal: Principal,
  name: string,
  args: unknown,
  options: CallOptions = {},
): Promise<unknown> {
  const startedAt = performance.now()
  const requestId = options.requestId ?? randomUUID()
  let tool: Tool | undefined
  let outcome = 'ok'
  try {
    tool = hub.registry.require(name)
    const { name: asked, scope } = tool
    authorityOf(principal).ensure('tool.call', {
      name: asked,
      scope,
      lease: leaseOf(hub, principal),
    })
    const { signal } = options
    const ctx = new CallContext(hub, principal, tool, args, { requestId, signal })
    return await tool.call(args, ctx)
  } catch (thrown) {
    const error = asHubError(hub, thrown, name, requestId)
    outcome = error.code
    if (tool === undefined || tool.effect !== 'read' || outcome === 'denied') {
      recordFailure(hub, principal, name, args, requestId, outcome)
    }
    throw error
  } finally {
    hub.telemetry.call(tool?.name ?? 'unknown', outcome, performance.now() - startedAt)
  }
}

/** What a handler may touch. Effects carry their audit row in the same transaction. */
class CallContext implements Context {
  readonly principal: Principal
  readonly requestId: string
  readonly config: Context['config']
  readonly dataDir: string
  readonly store: Context['store']
  readonly clusters: Context['clusters']
  readonly models: Context['models']
  readonly context: Context['context']
  readonly log: Context['log']
  readonly now: Context['now']
  readonly id: Context['id']
  readonly clock: Context['clock']
  readonly reader: Context['reader']
  readonly may: Context['may']
  readonly ensure: Context['ensure']
  readonly #hub: Hub
  readonly #tool: string
  readonly #args: unknown
  readonly #signal: CallOptions['signal']

  constructor(
    hub: Hub,
    principal: Principal,
    tool: Tool,
    args: unknown,
    call: { requestId: string; signal: CallOptions['signal'] },
  ) {
    this.principal = principal
    this.requestId = call.requestId
    this.config = hub.config()
    this.dataDir = hub.dataDir
    this.store = hub.store
    this.clusters = hub.clusters
    this.models = hub.models
    this.context = hub.context
    this.log = hub.log
    this.now = hub.now
    this.id = hub.id
    this.clock = hub.clock
    this.reader = hub.store.reader
    const { may, ensure } = authorityOf(principal)
    this.may = may
    this.ensure = ensure
    this.#hub = hub
    this.#tool = tool.name
    this.#args = args
    this.#signal = call.signal
  }

  get signal(): AbortSignal {
    return this.#signal?.() ?? this.#hub.stopping
  }

  write<T>(change: (tx: Tx) => T): Promise<T> {
    return this.store.write(change, this.#auditRow())
  }

  transaction<T>(change: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.store.transaction(change, this.#auditRow())
  }

  #auditRow() {
    return {
      org: this.principal.orgs[0] ?? '',
      principal: this.principal.id,
      tool: this.#tool,
      outcome: 'ok',
      args: auditArgs(this.#args),
      requestId: this.requestId,
    }
  }
}

function leaseOf(hub: Hub, principal: Principal): LeaseState {
  if (principal.attempt === undefined) return 'none'
  return attemptIsLive(hub.store, principal.attempt) ? 'live' : 'ended'
}

/** Refusals and failed effects are on record too; losing one of those rows loses no effect. */
function recordFailure(
  hub: Hub,
  principal: Principal,
  tool: string,
  args: unknown,
  requestId: string,
  outcome: string,
): void {
  const row = {
    org: principal.orgs[0] ?? '',
    principal: principal.id,
    tool: tool.slice(0, 80),
    outcome,
    args: auditArgs(args),
    requestId,
  }
  hub.store
    .write(() => undefined, row)
    .catch((error: unknown) =>
      hub.log.warn({ error, tool, outcome }, 'a refusal could not be audited'),
    )
}

/** Known failures pass; anything else is a bug: the caller gets a reference, the log gets the stack. */
function asHubError(hub: Hub, thrown: unknown, tool: string, requestId: string): HubError {
  if (thrown instanceof HubError) return thrown
  hub.log.error({ error: thrown, tool, requestId }, 'a tool failed unexpectedly')
  return new HubError('internal', `${tool} failed inside the hub; reference ${requestId}`, {
    hint: 'The log of the hub has the details under this reference.',
  })
}
