import { hash } from 'node:crypto'
import { Principal } from '../../../schemas/principal.ts'
import type { Reader, Row, Transaction, Writer } from '../../../servers/kit/sql.ts'

/** A call that waits for a person: who makes it, and all it takes to make it after a restart. */
export type HeldCall = {
  approval: string
  digest: string
  principal: Principal
  name: string
  /** The server that serves it, where that is no tool of this hub. */
  upstream: string | undefined
  request: unknown
}

type HeldState = 'waiting' | 'running' | 'done'
type HeldRow = Row & {
  approval: string
  digest: string
  principal: string
  name: string
  upstream: string | null
  request: string
  state: HeldState
}

/** By which the same call of the same caller is known again. */
export const digestOfCall = (call: { principal: Principal; name: string; args: unknown }): string =>
  hash('sha256', JSON.stringify([call.principal.id, call.principal.orgs, call.name, call.args]))

/** The call with this digest that was held and whose answer nobody has had yet. */
export const findHeldCall = async (reader: Reader, digest: string): Promise<string | undefined> =>
  (
    await reader.get<{ approval: string }>(
      `SELECT approval FROM held_calls WHERE digest = :digest AND state <> 'delivered'`,
      { digest },
    )
  )?.approval

const answerKeptMs = 7 * 24 * 3_600_000

/** Keeps a call until it is answered; answers that nobody came for are forgotten after a week. */
export async function holdCall(tx: Transaction, call: HeldCall): Promise<void> {
  await tx.run(`DELETE FROM held_calls WHERE state = 'done' AND done_at < :before`, {
    before: tx.now - answerKeptMs,
  })
  await tx.insert('held_calls', {
    approval: call.approval,
    digest: call.digest,
    principal: JSON.stringify(call.principal),
    name: call.name,
    upstream: call.upstream ?? null,
    request: JSON.stringify(call.request),
    state: 'waiting',
    held_at: tx.now,
  })
}

/** The calls in this state, for a hub that starts. */
export async function heldCallsIn(reader: Reader, state: HeldState): Promise<HeldCall[]> {
  const rows = await reader.all<HeldRow>('SELECT * FROM held_calls WHERE state = :state', { state })
  return rows.map(toCall)
}

/** How far a held call is; undefined once its answer was handed out, or it will never be made. */
export const stateOfHeldCall = async (
  reader: Reader,
  approval: string,
): Promise<HeldState | undefined> =>
  (
    await reader.get<{ state: HeldState }>(
      'SELECT state FROM held_calls WHERE approval = :approval',
      { approval },
    )
  )?.state

/** Takes a waiting call to make it; undefined when somebody else has. */
export const startHeldCall = (writer: Writer, approval: string): Promise<HeldCall | undefined> =>
  writer.transaction(async (tx) => {
    const [row] = await tx.all<HeldRow>(
      `UPDATE held_calls SET state = 'running' WHERE approval = :approval AND state = 'waiting'
       RETURNING *`,
      { approval },
    )
    return row && toCall(row)
  })

/** Keeps what a call came to until somebody asks for it; its arguments are needed no more. */
export async function finishHeldCall(
  tx: Transaction,
  approval: string,
  from: 'waiting' | 'running',
  answer: string,
): Promise<void> {
  await tx.run(
    `UPDATE held_calls SET state = 'done', answer = :answer, done_at = :now, request = 'null'
     WHERE approval = :approval AND state = :from`,
    { approval, from, answer, now: tx.now },
  )
  tx.wake(approval)
}

/** Takes the answer of a call to hand it out; undefined when somebody else has. Nothing of the call stays. */
export const takeAnswer = (writer: Writer, approval: string): Promise<string | undefined> =>
  writer.transaction(async (tx) => {
    const [row] = await tx.all<{ answer: string }>(
      `DELETE FROM held_calls WHERE approval = :approval AND state = 'done' RETURNING answer`,
      { approval },
    )
    return row?.answer
  })

/** Forgets a call that will never be made; one that has begun stays. */
export async function dropHeldCall(tx: Transaction, approval: string): Promise<void> {
  await tx.run(`DELETE FROM held_calls WHERE approval = :approval AND state = 'waiting'`, {
    approval,
  })
  tx.wake(approval)
}

const toCall = (row: HeldRow): HeldCall => ({
  approval: row.approval,
  digest: row.digest,
  principal: Principal.parse(JSON.parse(row.principal)),
  name: row.name,
  upstream: row.upstream ?? undefined,
  request: JSON.parse(row.request),
})
