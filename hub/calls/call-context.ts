import type { Principal } from '../../schemas/principal.ts'
import type { AuditEntry } from '../../servers/kit/audit.ts'
import type { Context } from '../../servers/kit/context.ts'
import type { Transaction } from '../../servers/kit/sql.ts'
import type { Call } from './call.ts'
import { authorityOf } from './decide.ts'

/** What a handler is given beyond its call: the parts of the hub that servers share. */
export type Shared = Pick<
  Context,
  | 'dataDir'
  | 'store'
  | 'clusters'
  | 'carriers'
  | 'podGateway'
  | 'models'
  | 'context'
  | 'seal'
  | 'log'
  | 'clock'
  | 'now'
  | 'id'
> & { config(): Context['config'] }

/** What a handler may touch during one call. Each transaction carries the audit row of its effect. */
export class CallContext implements Context {
  readonly principal: Principal
  readonly requestId: string
  readonly config: Context['config']
  readonly dataDir: string
  readonly store: Context['store']
  readonly reader: Context['reader']
  readonly clusters: Context['clusters']
  readonly carriers: Context['carriers']
  readonly podGateway: Context['podGateway']
  readonly models: Context['models']
  readonly context: Context['context']
  readonly log: Context['log']
  readonly clock: Context['clock']
  readonly now: Context['now']
  readonly id: Context['id']
  readonly onAnswerPart: Context['onAnswerPart']
  readonly may: Context['may']
  readonly ensure: Context['ensure']
  /** True once a transaction of this call, and its audit row with it, is committed. */
  isRecorded = false
  readonly #auditRow: () => Omit<AuditEntry, 'at'>
  readonly #signal: () => AbortSignal
  readonly #shared: Shared

  constructor(
    shared: Shared,
    call: Pick<Call, 'principal' | 'requestId' | 'signal' | 'onAnswerPart'>,
    auditRow: () => Omit<AuditEntry, 'at'>,
  ) {
    const { may, ensure } = authorityOf(call.principal)
    this.principal = call.principal
    this.requestId = call.requestId
    this.config = shared.config()
    this.dataDir = shared.dataDir
    this.store = shared.store
    this.reader = shared.store.reader
    this.clusters = shared.clusters
    this.carriers = shared.carriers
    this.podGateway = shared.podGateway
    this.models = shared.models
    this.context = shared.context
    this.log = shared.log
    this.clock = shared.clock
    this.now = shared.now
    this.id = shared.id
    this.may = may
    this.ensure = ensure
    this.onAnswerPart = call.onAnswerPart
    this.#auditRow = auditRow
    this.#signal = call.signal
    this.#shared = shared
  }

  get signal(): AbortSignal {
    return this.#signal()
  }

  /** Looked up when it is asked for: its key is made when the first credential is kept. */
  get seal(): Context['seal'] {
    return this.#shared.seal
  }

  async transaction<T>(change: (tx: Transaction) => Promise<T>): Promise<T> {
    const value = await this.store.transaction(change, this.#auditRow())
    this.isRecorded = true
    return value
  }
}
