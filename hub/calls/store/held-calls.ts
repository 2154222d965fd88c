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

type HeldState = 'waiting' | 'running' | 'done' | 'delivered'
type HeldRow = Row & {
  approval: string
  digest: string
  principal: string
  name: string
  upstream: string | null
  request: string
  state: HeldState
  answer: string | null
}

/** The call with this digest that was held and whose answer nobody has had yet. */
export const findHeldCall = async (reader: Reader, digest: string): Promise<string | undefined> =>
  (
    await reader.get<HeldRow>(
      `SELECT * FROM held_calls WHERE digest = :digest AND state <> 'delivered'`,
      { digest },
    )
  )?.approval

const deliveredKeptMs = 30 * 24 * 3_600_000

/** Keeps a call until it is answered; those whose answer was handed out long ago are forgotten. */
export async function holdCall(tx: Transaction, call: HeldCall): Promise<void> {
  await tx.run(`DELETE FROM held_calls WHERE state = 'delivered' AND held_at < :before`, {
    before: tx.now - deliveredKeptMs,
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

export const readHeldCall = async (
  reader: Reader,
  approval: string,
): Promise<{ call: HeldCall; state: HeldState; answer: string | null } | undefined> => {
  const row = await reader.get<HeldRow>('SELECT * FROM held_calls WHERE approval = :approval', {
    approval,
  })
  return row && { call: toCall(row), state: row.state, answer: row.answer }
}

/** Takes a waiting call to make it; false when somebody else has. */
export const startHeldCall = (writer: Writer, approval: string): Promise<boolean> =>
  move(writer, approval, 'waiting', 'running')

/** Takes the answer of a call to hand it out; false when somebody else has. */
export const deliverHeldCall = (writer: Writer, approval: string): Promise<boolean> =>
  move(writer, approval, 'done', 'delivered')

/** Forgets a call that will never be made; one that has begun stays. */
export async function dropHeldCall(tx: Transaction, approval: string): Promise<void> {
  await tx.run(
    `UPDATE held_calls SET state = 'delivered' WHERE approval = :approval AND state = 'waiting'`,
    { approval },
  )
  tx.wake(approval)
}

/** Keeps what a call came to until somebody asks for it. */
export const finishHeldCall = (writer: Writer, approval: string, answer: string): Promise<void> =>
  writer.transaction(async (tx) => {
    await tx.run(
      `UPDATE held_calls SET state = 'done', answer = :answer
       WHERE approval = :approval AND state = 'running'`,
      { approval, answer },
    )
    tx.wake(approval)
  })

const move = (writer: Writer, approval: string, from: HeldState, to: HeldState): Promise<boolean> =>
  writer.transaction(
    async (tx) =>
      (await tx.run(
        'UPDATE held_calls SET state = :to WHERE approval = :approval AND state = :from',
        { approval, from, to },
      )) === 1,
  )

const toCall = (row: HeldRow): HeldCall => ({
  approval: row.approval,
  digest: row.digest,
  principal: Principal.parse(JSON.parse(row.principal)),
  name: row.name,
  upstream: row.upstream ?? undefined,
  request: JSON.parse(row.request),
})
