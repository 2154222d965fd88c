import { Quota } from '../../../schemas/quota.ts'
import type { Reader, Row, Writer } from '../../kit/sql.ts'

type QuotaRow = Row & { org: string; limits: string; set_by: string; set_at: number }

/** What quota_set said of an org. */
export type SetQuota = { org: string; limits: Quota; by: string; at: number }

export const listSetQuotas = async (reader: Reader): Promise<SetQuota[]> =>
  (await reader.all<QuotaRow>('SELECT * FROM quotas ORDER BY org')).map(toQuota)

export async function readSetQuota(reader: Reader, org: string): Promise<SetQuota | undefined> {
  const row = await reader.get<QuotaRow>('SELECT * FROM quotas WHERE org = :org', { org })
  return row && toQuota(row)
}

/** Sets the quota of an org, or with `null` leaves it to what is configured. */
export const setQuota = (
  writer: Writer,
  org: string,
  { limits, by }: { limits: Quota | null; by: string },
): Promise<void> =>
  writer.transaction(async (tx) => {
    tx.about(org)
    await tx.run('DELETE FROM quotas WHERE org = :org', { org })
    if (limits)
      await tx.insert('quotas', {
        org,
        limits: JSON.stringify(limits),
        set_by: by,
        set_at: tx.now,
      })
    await tx.event({ kind: 'quota.set', org, subject: org, data: { limits, by } })
  })

const toQuota = ({ org, limits, set_by: by, set_at: at }: QuotaRow): SetQuota => ({
  org,
  limits: Quota.parse(JSON.parse(limits)),
  by,
  at,
})
