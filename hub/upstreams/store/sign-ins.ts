import type { Reader, Row, Transaction } from '../../../servers/kit/sql.ts'

type SealedRow = Row & { sealed: Uint8Array }

/** The sealed record of an upstream's sign-in, if there is one. */
export const readSignIn = async (
  reader: Reader,
  upstream: string,
): Promise<Uint8Array | undefined> =>
  (
    await reader.get<SealedRow>('SELECT sealed FROM sign_ins WHERE upstream = :upstream', {
      upstream,
    })
  )?.sealed

export async function saveSignIn(
  tx: Transaction,
  upstream: string,
  sealed: Uint8Array,
): Promise<void> {
  await tx.run(
    `INSERT INTO sign_ins (upstream, sealed, changed_at) VALUES (:upstream, :sealed, :now)
     ON CONFLICT (upstream) DO UPDATE SET sealed = :sealed, changed_at = :now`,
    { upstream, sealed, now: tx.now },
  )
}
