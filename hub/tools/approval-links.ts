import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import { findApproval } from '../../servers/orchestration/store/approval-list.ts'
import { mintLink } from '../../servers/orchestration/store/approval-links.ts'
import { stateOf } from '../../servers/orchestration/store/approvals.ts'

const longestMs = 24 * 3_600_000

/** The tool that makes links by which a person answers without signing in. It is made for one hub, whose address they have. */
export const approvalLinkTool = (ownUrl: () => string) =>
  defineTool({
    name: 'approval_link',
    title: 'Link to a question',
    description:
      'Makes a link to a page that shows one open question in full and takes one answer, without a sign-in, such as on a phone. Whoever has it answers in your name; use approval_decide to answer yourself.',
    effect: 'create',
    scope: 'approval:decide',
    input: {
      approval: z.string().max(60).describe('Approval id'),
      ttl_ms: z
        .int()
        .min(60_000)
        .max(longestMs)
        .default(longestMs)
        .describe('How long the link works; it ends with the answer too'),
      url: z
        .url({ protocol: /^https?$/ })
        .max(500)
        .optional()
        .describe('Where this hub is reached from there; default: the address that it listens on'),
    },
    output: z.object({ url: z.url(), expiresAt: z.int() }),
    run: ({ approval: id, ttl_ms: ttlMs, url }, ctx) =>
      ctx.transaction(async (tx) => {
        const row = await findApproval(ctx, tx, id)
        const state = stateOf(row, tx.now)
        if (state !== 'pending')
          throw new HubError('conflict', `approval ${id} is ${state} already`, {
            hint: 'approval_list shows what is still open.',
            details: { state },
          })
        const expiresAt = Math.min(tx.now + ttlMs, row.expires_at ?? Infinity)
        const { principal } = ctx
        const token = await mintLink(tx, { approval: id, principal, expiresAt })
        tx.about(id)
        return { url: new URL(`/approve/${token}`, url ?? ownUrl()).href, expiresAt }
      }),
  })
