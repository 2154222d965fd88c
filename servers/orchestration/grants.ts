import { z } from 'zod'
import { ApprovalGrant } from '../../schemas/approval.ts'
import { HubError } from '../../schemas/errors.ts'
import { maySee, orgFilter } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { endGrant, listGrants, readGrant, toGrant } from './store/approval-grants.ts'
import { grantsText } from './texts.ts'

export const grantList = defineTool({
  name: 'grant_list',
  title: 'List standing approvals',
  description:
    'Lists the approvals that reach further than one call, newest first: for which tool and callers, by whom, until when. End one with approval_revoke.',
  effect: 'read',
  scope: 'task:read',
  input: {
    task: z.string().max(60).optional().describe('Only those for this task'),
    limit: z.int().min(1).max(200).default(50).describe('Most grants to return'),
    cursor: z.string().max(200).optional().describe('`next` of the page before'),
  },
  output: z.object({ items: z.array(ApprovalGrant), next: z.string().optional() }),
  text: grantsText,
  run: async ({ task, limit, cursor }, ctx) => {
    const page = await listGrants(ctx.reader, {
      task: ctx.principal.task ?? task,
      orgs: orgFilter(ctx, undefined),
      cursor,
      limit,
    })
    const now = ctx.now()
    return { ...page, items: page.items.filter(({ expiresAt }) => (expiresAt ?? Infinity) > now) }
  },
})

export const approvalRevoke = defineTool({
  name: 'approval_revoke',
  title: 'Revoke a standing approval',
  description:
    'Ends an approval that reaches further than one call: such calls are asked about again from now on. Use grant_list to find its id.',
  effect: 'update',
  scope: 'approval:decide',
  idempotent: true,
  input: { grant: z.string().max(60).describe('Grant id') },
  output: ApprovalGrant,
  run: ({ grant: id }, ctx) =>
    ctx.transaction(async (tx) => {
      const row = await readGrant(tx, id)
      if (!row || !maySee(ctx, row.org))
        throw new HubError('not_found', `there is no grant ${JSON.stringify(id)}`, {
          hint: 'grant_list shows them.',
        })
      await endGrant(tx, row, ctx.principal.id)
      tx.about(id)
      return toGrant(row)
    }),
})
