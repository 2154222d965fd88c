import { z } from 'zod'
import type { AuditRow } from '../../schemas/audit.ts'
import { AuditItem } from '../../schemas/audit.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { orgFilter } from '../../servers/kit/context.ts'
import { cursorNumber, pageOf } from '../../servers/kit/page.ts'
import { listAudit, verifyAudit } from '../../servers/kit/store/audit.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import { auditText } from './texts.ts'

/** Characters of the arguments that a list shows: with 25 rows the answer stays under 2,500 tokens. */
const shownChars = 60

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
    full: z
      .boolean()
      .default(false)
      .describe('Also org, request id, digest, and all that is kept of the arguments'),
    ...pageInput,
  },
  output: page(AuditItem),
  text: auditText,
  run: async ({ subject, principal, full, cursor, limit }, ctx) => {
    const rows = await listAudit(ctx.reader, {
      before: cursorNumber(cursor, Number.MAX_SAFE_INTEGER),
      count: limit + 1,
      subject,
      principal,
      orgs: orgFilter(ctx, undefined),
    })
    return pageOf(rows, limit, full ? (row) => row : shortened, (row) => row.seq)
  },
})

export const auditVerify = defineTool({
  name: 'audit_verify',
  title: 'Verify the audit trail',
  description:
    'Recomputes the hash chain over every audit row that is kept and names the first one that does not fit. Keep the returned head elsewhere to detect a chain that was rewritten as a whole.',
  effect: 'read',
  scope: 'audit:read',
  input: {},
  output: z.object({
    intact: z.boolean(),
    rows: z.int().describe('Rows that were checked'),
    head: z.string(),
    brokenAt: z.int().optional().describe('First row whose hash, predecessor or number is wrong'),
    checkpoint: z
      .object({ seq: z.int(), dropped: z.int() })
      .optional()
      .describe('The last row that retention dropped, and how many in all'),
  }),
  run: (_input, ctx) => verifyAudit(ctx.reader),
})

function shortened({ org: _org, requestId: _request, hash: _hash, ...row }: AuditRow): AuditItem {
  const { args } = row
  return args.length <= shownChars ? row : { ...row, args: `${args.slice(0, shownChars)}…` }
}
