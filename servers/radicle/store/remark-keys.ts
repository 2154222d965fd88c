import type { Reader, Row, Transaction } from '../../kit/sql.ts'

// Owns the table `remark_keys`: what was said of changes under keys of their authors.

export type RemarkKey = { change: string; author: string; key: string }
export type KeyedRemark = RemarkKey & { digest: string; revision: number; ids: string[] }

export async function readKeyedRemark(
  reader: Reader,
  of: RemarkKey,
): Promise<KeyedRemark | undefined> {
  const row = await reader.get<Row & { digest: string; revision: number; ids: string }>(
    `SELECT digest, revision, ids FROM remark_keys
     WHERE change = :change AND author = :author AND key = :key`,
    of,
  )
  return row && { ...of, ...row, ids: JSON.parse(row.ids) as string[] } // By keepKeyedRemark.
}

export const keepKeyedRemark = (tx: Transaction, { ids, ...remark }: KeyedRemark): Promise<void> =>
  tx.insert('remark_keys', { ...remark, ids: JSON.stringify(ids) })
