import type { Reader, Row, Transaction } from '../../../servers/kit/sql.ts'

type Rejected = Row & { tool: string; digest: string }

/** Digests of the definitions of an upstream's tools that were refused for good. */
export async function readRejections(reader: Reader, upstream: string): Promise<Set<string>> {
  const rows = await reader.all<Rejected>(
    'SELECT tool, digest FROM rejected_tools WHERE upstream = :upstream',
    { upstream },
  )
  return new Set(rows.map(({ digest }) => digest))
}

export async function saveRejection(
  tx: Transaction,
  upstream: string,
  { tool, digest }: { tool: string; digest: string },
  by: string,
): Promise<void> {
  await tx.run(
    `INSERT INTO rejected_tools (upstream, tool, digest, rejected_by, rejected_at)
     VALUES (:upstream, :tool, :digest, :by, :now) ON CONFLICT DO NOTHING`,
    { upstream, tool, digest, by, now: tx.now },
  )
}

/** Forgets that a tool was refused, in whichever form. */
export async function dropRejections(
  tx: Transaction,
  upstream: string,
  tool: string,
): Promise<void> {
  await tx.run('DELETE FROM rejected_tools WHERE upstream = :upstream AND tool = :tool', {
    upstream,
    tool,
  })
}
