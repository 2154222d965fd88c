import type { Reader, Row, Writer } from '../../kit/sql.ts'

type CredentialRow = Row & { mark: string; sealed: Uint8Array; changed_at: number }

/** What signs the hub in to a cluster, as it was sealed. */
export const readCredential = async (
  reader: Reader,
  mark: string,
): Promise<Uint8Array | undefined> =>
  (
    await reader.get<CredentialRow>('SELECT * FROM cluster_credentials WHERE mark = :mark', {
      mark,
    })
  )?.sealed

export const keepCredential = (writer: Writer, mark: string, sealed: Buffer): Promise<void> =>
  writer.transaction(async (tx) => {
    tx.about(mark)
    await tx.run(
      `INSERT INTO cluster_credentials (mark, sealed, changed_at) VALUES (:mark, :sealed, :now)
       ON CONFLICT (mark) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at`,
      { mark, sealed, now: tx.now },
    )
  })

export const forgetCredential = (writer: Writer, mark: string): Promise<void> =>
  writer.transaction(async (tx) => {
    tx.about(mark)
    await tx.run('DELETE FROM cluster_credentials WHERE mark = :mark', { mark })
  })
