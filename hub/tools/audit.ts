import { z } from 'zod'
import { AuditRow } from '../../schemas/audit.ts'
import { page, pageInput } from '../../schemas/page.ts'
import type { AuditSqlRow } from '../../servers/kit/audit.ts'
import { auditRow, genesis, linkHash } from '../../servers/kit/audit.ts'
import { orgFilter } from '../../servers/kit/context.ts'
import { cursorNumber, pageOf } from '../../servers/kit/page.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import { auditText } from './texts.ts'

export const auditList = defineTool({
  name: 'audit_list',
  title: 'List the audit trail',
  description:
    'Lists who called what with which outcome, newest first. Use audit_verify to check that nothing was changed.',
  effect: 'read',
  scope: 'audit:read',
  input: {
    subject: z.string().max(60).optional().describe('Only rows about this id'),
    principal: z.string().max(100).optional().describe('Only rows of this caller'),
    ...pageInput,
  },
  output: page(AuditRow),
  text: auditText,
  run: async ({ subject, principal, cursor, limit }, ctx) => {
    const orgs = orgFilter(ctx, undefined)
    const conditions = [
      'seq < :before',
      subject === undefined ? '' : 'subject = :subject',
      principal === undefined ? '' : 'principal = :principal',
      orgs === undefined ? '' : 'org IN (SELECT value FROM json_each(:orgs))',
    ].filter(Boolean)
    const rows = ctx.store.all<AuditSqlRow>(
      `SELECT * FROM audit WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT :count`,
      {
        before: cursorNumber(cursor, Number.MAX_SAFE_INTEGER),
        count: limit + 1,
        ...(subject === undefined ? {} : { subject }),
        ...(principal === undefined ? {} : { principal }),
        ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
      },
    )
    return pageOf(rows, limit, auditRow, (row) => row.seq)
  },
})

const batch = 2000

export const auditVerify = defineTool({
  name: 'audit_verify',
  title: 'Verify the audit trail',
  description:
    'Recomputes the hash chain over every audit row and names the first one that does not fit. Keep the returned head elsewhere to detect a chain that was rewritten as a whole.',
  effect: 'read',
  scope: 'audit:read',
  input: {},
  output: z.object({
    intact: z.boolean(),
    rows: z.int(),
    head: z.string(),
    brokenAt: z.int().optional().describe('First row whose hash, predecessor or number is wrong'),
  }),
  run: async (_input, ctx) => {
    let { seq, hash } = genesis
    for (;;) {
      const rows = ctx.store.all<AuditSqlRow>(
        'SELECT * FROM audit WHERE seq > :seq ORDER BY seq LIMIT :batch',
        { seq, batch },
      )
      for (const row of rows) {
        const entry = auditRow(row)
        const fits =
          entry.seq === seq + 1 &&
          entry.prev === hash &&
          linkHash(hash, entry.seq, entry) === entry.hash
        if (!fits) return { intact: false, rows: seq, head: hash, brokenAt: entry.seq }
        ;({ seq, hash } = entry)
      }
      if (rows.length < batch) return { intact: true, rows: seq, head: hash }
      await new Promise((resolve) => setImmediate(resolve)) // Lets other calls run in between.
    }
  },
})
