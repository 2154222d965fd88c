import type { Reader, Row, Transaction } from '../../../servers/kit/sql.ts'

/** What is known of a call while it is under way, as its audit row will say it. */
export type OpenCall = {
  requestId: string
  org: string
  principal: string
  tool: string
  subject: string | undefined
  args: string
}

type OpenRow = Row & {
  request_id: string
  org: string
  principal: string
  tool: string
  subject: string | null
  args: string
}

export const saveOpenCall = (tx: Transaction, call: OpenCall): Promise<void> =>
  tx.insert('open_calls', {
    request_id: call.requestId,
    org: call.org,
    principal: call.principal,
    tool: call.tool,
    subject: call.subject ?? null,
    args: call.args,
    began_at: tx.now,
  })

export async function removeOpenCall(tx: Transaction, requestId: string): Promise<void> {
  await tx.run('DELETE FROM open_calls WHERE request_id = :requestId', { requestId })
}

/** The calls that an earlier process did not end. */
export async function readOpenCalls(reader: Reader): Promise<OpenCall[]> {
  const rows = await reader.all<OpenRow>('SELECT * FROM open_calls ORDER BY began_at')
  return rows.map(({ request_id: requestId, subject, ...row }) => ({
    requestId,
    org: row.org,
    principal: row.principal,
    tool: row.tool,
    subject: subject ?? undefined,
    args: row.args,
  }))
}
