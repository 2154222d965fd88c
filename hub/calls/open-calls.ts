import type { Logger } from 'pino'
import type { AuditEntry } from '../../servers/kit/audit.ts'
import type { Clock } from '../../servers/kit/clock.ts'
import type { Transaction } from '../../servers/kit/sql.ts'
import type { Store } from '../../servers/kit/store.ts'
import { IdTable } from '../upstreams/id-table.ts'
import { readOpenCalls, removeOpenCall, saveOpenCall } from './store/open-calls.ts'

type Entry = Omit<AuditEntry, 'at'>
/** A call under way; `saved` once its row is there, or on its way to be. */
export type OpenCall = {
  id: number
  row(): Entry
  beganAt: number
  saved: Promise<void> | undefined
}

const momentMs = 200

/**
 * The calls with an effect that are under way. Most end within a moment and cost nothing here; of one
 * that takes longer a row is kept, so that a hub that was killed in its course has it on record.
 */
export class OpenCalls {
  readonly #store: Store
  readonly #clock: Clock
  readonly #log: Logger
  readonly #open = new IdTable<OpenCall>()
  #isWatching = false

  constructor({ store, clock, log }: { store: Store; clock: Clock; log: Logger }) {
    this.#store = store
    this.#clock = clock
    this.#log = log
  }

  /** Puts on record what an earlier process left: nobody knows what came of it. Returns their request ids. */
  async recover(): Promise<Set<string>> {
    const calls = await readOpenCalls(this.#store.reader)
    for (const call of calls)
      await this.#store.transaction((tx) => removeOpenCall(tx, call.requestId), {
        ...call,
        outcome: 'unknown',
      })
    return new Set(calls.map(({ requestId }) => requestId))
  }

  begin(row: () => Entry): OpenCall {
    const call: OpenCall = { id: 0, row, beganAt: this.#clock.now(), saved: undefined }
    call.id = this.#open.add(call)
    if (!this.#isWatching) this.#watch()
    return call
  }

  /** Ends a call with its audit row, or without where that is written already. */
  end(call: OpenCall, audit: Entry | undefined): Promise<void> {
    const { id, saved } = call
    this.#open.take(id)
    if (!saved) return audit ? this.#store.record(audit) : Promise.resolve()
    const remove = (tx: Transaction) => removeOpenCall(tx, call.row().requestId)
    return saved.then(() => this.#store.transaction(remove, audit))
  }

  #watch(): void {
    this.#isWatching = true
    this.#clock.after(momentMs, () => {
      this.#isWatching = false
      this.#saveLong()
      if (!this.#open.isEmpty) this.#watch()
    })
  }

  #saveLong(): void {
    const before = this.#clock.now() - momentMs / 2
    for (const call of this.#open.values()) {
      if (call.saved || call.beganAt > before) continue
      const { outcome: _later, ...row } = call.row()
      call.saved = this.#store
        .transaction((tx) => saveOpenCall(tx, { ...row, subject: row.subject }))
        .catch((error: unknown) => this.#log.warn({ error }, 'a call under way is not on record'))
    }
  }
}
