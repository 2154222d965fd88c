import type { Reader, Row, Transaction } from '../sql.ts'

// Owns the table `spending`: sums of model calls, and what those under way may still come to.

/** A sum: of a task, a plan, or an org in an hour, a day or a month. */
export type Account = {
  scope: 'task' | 'plan' | 'org_hour' | 'org_day' | 'org_month'
  id: string
  /** The hour, day or month; empty where all time counts. */
  period: string
}

/** Model calls, tokens and money; money in billionths of a US dollar. */
export type Amount = { steps: number; tokens: number; cost: number }

export type Spending = Amount & { unpriced: number; reserved: Amount }

/** What is spent and reserved in an account. */
export async function readSpending(reader: Reader, account: Account): Promise<Spending> {
  const row = await reader.get<SpendingRow>(
    'SELECT * FROM spending WHERE scope = :scope AND id = :id AND period = :period',
    account,
  )
  return {
    steps: row?.steps ?? 0,
    tokens: row?.tokens ?? 0,
    cost: row?.cost ?? 0,
    unpriced: row?.unpriced ?? 0,
    reserved: {
      steps: row?.reserved_steps ?? 0,
      tokens: row?.reserved_tokens ?? 0,
      cost: row?.reserved_cost ?? 0,
    },
  }
}

/** Holds back what a call may come to, in each of the accounts. */
export async function addReserved(
  tx: Transaction,
  accounts: Account[],
  { steps, tokens, cost }: Amount,
): Promise<void> {
  for (const account of accounts)
    await tx.run(
      `INSERT INTO spending (scope, id, period, reserved_steps, reserved_tokens, reserved_cost)
       VALUES (:scope, :id, :period, :steps, :tokens, :cost)
       ON CONFLICT (scope, id, period) DO UPDATE SET
         reserved_steps = spending.reserved_steps + :steps,
         reserved_tokens = spending.reserved_tokens + :tokens,
         reserved_cost = spending.reserved_cost + :cost`,
      { ...account, steps, tokens, cost },
    )
}

/** Adds what a call came to. */
export async function addSpent(
  tx: Transaction,
  accounts: Account[],
  { steps, tokens, cost, unpriced }: Amount & { unpriced: number },
): Promise<void> {
  for (const account of accounts)
    await tx.run(
      `INSERT INTO spending (scope, id, period, steps, tokens, cost, unpriced)
       VALUES (:scope, :id, :period, :steps, :tokens, :cost, :unpriced)
       ON CONFLICT (scope, id, period) DO UPDATE SET
         steps = spending.steps + :steps, tokens = spending.tokens + :tokens,
         cost = spending.cost + :cost, unpriced = spending.unpriced + :unpriced`,
      { ...account, steps, tokens, cost, unpriced },
    )
}

/** The hours of an org since one, oldest first; an hour without a call has no row. */
export const listHours = (
  reader: Reader,
  org: string,
  since: string,
): Promise<(Row & Amount & { period: string })[]> =>
  reader.all(
    `SELECT period, steps, tokens, cost FROM spending
     WHERE scope = 'org_hour' AND id = :org AND period >= :since ORDER BY period LIMIT 2000`,
    { org, since },
  )

/** Hours are for forecasts alone, which look back a bounded time. */
export async function dropHours(tx: Transaction, org: string, before: string): Promise<void> {
  await tx.run(`DELETE FROM spending WHERE scope = 'org_hour' AND id = :org AND period < :before`, {
    org,
    before,
  })
}

type SpendingRow = Row &
  Amount & {
    unpriced: number
    reserved_steps: number
    reserved_tokens: number
    reserved_cost: number
  }
