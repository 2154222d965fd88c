import { z } from 'zod'
import type { AuditRow } from '../../schemas/audit.ts'
import { AuditItem } from '../../schemas/audit.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { orgFilter } from '../../servers/kit/context.ts'
import { cursorAt, cursorNumber, pageOf } from '../../servers/kit/page.ts'
import type { Reader } from '../../servers/kit/sql.ts'
import { auditSpan, listAudit, verifyAudit } from '../../servers/kit/store/audit.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import { auditText } from './texts.ts'

/** Characters of the arguments that a list shows: with 25 rows the answer stays under 2,500 tokens. */
const shownChars = 60
/** Rows that one page looks through where no index leads to what is asked for. */
const lookedAt = 100_000

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
    tool: z.string().max(128).optional().describe('Only calls of this tool'),
    outcome: z
      .enum(['ok', 'failed', 'denied', 'canceled', 'unknown'])
      .optional()
      .describe('Only rows with this outcome'),
    full: z
      .boolean()
      .default(false)
      .describe('Also org, request id, digest, and all that is kept of the arguments'),
    ...pageInput,
  },
  output: page(AuditItem),
  text: auditText,
  run: async ({ full, cursor, limit, ...only }, ctx) => {
    const before = cursorNumber(cursor, Number.MAX_SAFE_INTEGER)
    const isFound = only.subject !== undefined || Object.values(only).every((one) => !one)
    const after = isFound ? undefined : await lastToSkip(ctx.reader, before)
    const rows = await listAudit(ctx.reader, {
      ...{ before, count: limit + 1, orgs: orgFilter(ctx, undefined) },
      ...{ subject: only.subject, principal: only.principal },
      ...{ tool: only.tool, outcome: only.outcome },
      ...(after === undefined ? {} : { after }),
    })
    const found = pageOf(rows, limit, full ? (row) => row : shortened, (row) => row.seq)
    // Older rows were not looked through; the next page goes on where this one stopped.
    return found.next === undefined && after !== undefined
      ? { ...found, next: cursorAt(after + 1) }
      : found
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

/** The youngest row that a page leaves to the next one, where there is one. */
async function lastToSkip(reader: Reader, before: number): Promise<number | undefined> {
  const { first, last } = await auditSpan(reader)
  const after = Math.min(before, last + 1) - 1 - lookedAt
  return after >= first ? after : undefined
}

function shortened({ org: _org, requestId: _request, hash: _hash, ...row }: AuditRow): AuditItem {
  const { args } = row
  return args.length <= shownChars ? row : { ...row, args: `${args.slice(0, shownChars)}…` }
}
