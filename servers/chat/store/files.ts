import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

export type FileRow = Row & {
  id: string
  owner: string
  conversation: string | null
  name: string
  media_type: string
  size_bytes: number
  sha256: string
  created_at: number
}

export const insertFile = (
  tx: Transaction,
  row: Omit<FileRow, 'conversation' | 'created_at'>,
): Promise<void> => tx.insert('chat_files', { ...row, conversation: null, created_at: tx.now })

export const readFile = (reader: Reader, id: string): Promise<FileRow | undefined> =>
  reader.get<FileRow>('SELECT * FROM chat_files WHERE id = :id', { id })

export const readFiles = (reader: Reader, ids: string[]): Promise<FileRow[]> =>
  reader.all<FileRow>(`SELECT * FROM chat_files WHERE id ${anyOf('ids')}`, {
    ids: JSON.stringify(ids),
  })

export const countUnsent = async (reader: Reader, owner: string): Promise<number> =>
  (
    await reader.get<{ count: number }>(
      'SELECT count(*) AS count FROM chat_files WHERE owner = :owner AND conversation IS NULL',
      { owner },
    )
  )?.count ?? 0

/** Has files that were sent go with a conversation. */
export async function keepFiles(
  tx: Transaction,
  ids: string[],
  conversation: string,
): Promise<void> {
  await tx.run(
    `UPDATE chat_files SET conversation = :conversation WHERE id ${anyOf('ids')} AND conversation IS NULL`,
    { ids: JSON.stringify(ids), conversation },
  )
}

/** Forgets what somebody added before an instant and never sent. */
export async function dropUnsent(tx: Transaction, owner: string, before: number): Promise<void> {
  await tx.run(
    'DELETE FROM chat_files WHERE owner = :owner AND conversation IS NULL AND created_at < :before',
    { owner, before },
  )
}

/** Whether any file has these bytes. */
export const hasFileOf = async (reader: Reader, sha256: string): Promise<boolean> =>
  (await reader.get('SELECT 1 AS found FROM chat_files WHERE sha256 = :sha256 LIMIT 1', {
    sha256,
  })) !== undefined
