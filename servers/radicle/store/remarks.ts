import type { Reader, Row, Transaction } from '../../kit/sql.ts'

// Owns the table `remarks`: which remarks that a provider has were taken in, or said there, and as what.

export async function knownRemarks(reader: Reader, change: string): Promise<Set<string>> {
  const rows = await reader.all<Row & { handle: string }>(
    'SELECT handle FROM remarks WHERE change = :change LIMIT 5000',
    { change },
  )
  return new Set(rows.map(({ handle }) => handle))
}

/** Notes a remark as taken in; false where it was before. */
export const noteRemark = async (
  tx: Transaction,
  remark: { change: string; handle: string; became: string },
): Promise<boolean> =>
  (await tx.run(
    `INSERT INTO remarks (change, handle, became) VALUES (:change, :handle, :became)
     ON CONFLICT (change, handle) DO NOTHING`,
    remark,
  )) > 0
