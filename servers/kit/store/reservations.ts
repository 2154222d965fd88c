import type { Reader, Row, Transaction } from '../sql.ts'
import type { Account } from './spending.ts'
import { addReserved } from './spending.ts'

// Owns the table `model_reservations`: the model calls that are under way.

export type Reservation = Row & {
  id: string
  run: string
  org: string
  day: string
  month: string
  hour: string
  plan: string | null
  task: string | null
  principal: string
  model: string
  tokens: number
  cost: number
  at: number
}

/** The accounts that a call counts for. */
export const accountsOf = ({ org, day, month, plan, task }: Reservation): Account[] => [
  { scope: 'org_day', id: org, period: day },
  { scope: 'org_month', id: org, period: month },
  ...(plan === null ? [] : [{ scope: 'plan', id: plan, period: '' } as const]),
  ...(task === null ? [] : [{ scope: 'task', id: task, period: '' } as const]),
]

export async function reserve(tx: Transaction, reservation: Reservation): Promise<void> {
  await tx.insert('model_reservations', reservation)
  await addReserved(tx, accountsOf(reservation), { ...reservation, steps: 1 })
}

/** Gives back what was held for a call; false where that was done already. */
export async function release(tx: Transaction, reservation: Reservation): Promise<boolean> {
  const { id, tokens, cost, org } = reservation
  if ((await tx.run('DELETE FROM model_reservations WHERE id = :id', { id })) === 0) return false
  await addReserved(tx, accountsOf(reservation), { steps: -1, tokens: -tokens, cost: -cost })
  tx.wake(spendingTopic(org))
  return true
}

/** Calls that another run of the hub left, a bounded number of them. */
export const listLeftReservations = (reader: Reader, run: string): Promise<Reservation[]> =>
  reader.all('SELECT * FROM model_reservations WHERE run <> :run ORDER BY id LIMIT 200', { run })

/** Emitted when something is given back, for who waits for room. */
export const spendingTopic = (org: string): string => `spending:${org}`
