import type { Reader, Row, Transaction } from '../../../servers/kit/sql.ts'

/** A tool of an upstream as it was accepted. */
export type Pin = Row & { tool: string; digest: string; definition: string }

export async function readPins(reader: Reader, upstream: string): Promise<Map<string, Pin>> {
  const rows = await reader.all<Pin>(
    'SELECT tool, digest, definition FROM pins WHERE upstream = :upstream',
    { upstream },
  )
  return new Map(rows.map((row) => [row.tool, row]))
}

/** Keeps a definition as the accepted one, in place of an earlier. */
export async function savePin(
  tx: Transaction,
  upstream: string,
  pin: Pin,
  by: string,
): Promise<void> {
  await tx.run(
    `INSERT INTO pins (upstream, tool, digest, definition, accepted_by, accepted_at)
     VALUES (:upstream, :tool, :digest, :definition, :by, :now)
     ON CONFLICT (upstream, tool) DO UPDATE SET digest = :digest, definition = :definition,
       accepted_by = :by, accepted_at = :now`,
    { upstream, ...pin, by, now: tx.now },
  )
}
