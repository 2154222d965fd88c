import { z } from 'zod'
import { Approval, ApprovalScope } from '../../schemas/approval.ts'
import type { ApprovalGrant } from '../../schemas/approval.ts'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import { giveGrant } from './store/approval-grants.ts'
import { findApproval, pendingUnder } from './store/approval-list.ts'
import type { ApprovalRow } from './store/approvals.ts'
import { decideApproval, expireApprovals, toApproval } from './store/approvals.ts'

export const approvalDecide = defineTool({
  name: 'approval_decide',
  title: 'Answer a question',
  description:
    'Approves or denies what is asked, once, and lets the task or call that waits for it go on. Use approval_list to see what is asked, with its full details; grant_list for what was approved for more than once.',
  effect: 'update',
  scope: 'approval:decide',
  input: {
    approval: z.string().max(60).describe('Approval id'),
    decision: z.enum(['approve', 'deny']).describe('The answer'),
    reason: z.string().max(2000).optional().describe('Why; the agent reads it'),
    scope: ApprovalScope.default('once').describe(
      'How far a yes to a call reaches: once, for calls of that tool by the same task, or by such callers from now on (rule)',
    ),
    ttl_ms: z
      .int()
      .min(1000)
      .max(366 * 86_400_000)
      .optional()
      .describe('Life of a yes that reaches further than once; default: until approval_revoke'),
  },
  output: Approval,
  run: ({ approval: id, decision, reason, scope, ttl_ms: ttlMs }, ctx) => {
    const grantId = ctx.id('grant')
    return ctx.transaction(async (tx) => {
      const asked = await findApproval(ctx, tx, id)
      const { org, kind, asked_by: askedBy } = asked
      const selfApproval = ctx.config.file.orgs[org]?.selfApproval ?? true
      ctx.ensure('approval.answer', { kind, decision, askedBy, selfApproval })
      const by = ctx.principal.id
      const given = { id: grantId, givenBy: by, givenAt: tx.now }
      const grant = scope === 'once' ? undefined : grantOf(asked, decision, scope, given)
      const decided = await decideApproval(tx, asked, { decision, by, reason, scope })
      const expires = ttlMs === undefined ? {} : { expiresAt: tx.now + ttlMs }
      if (grant) {
        await giveGrant(tx, { ...grant, ...expires })
        for (const covered of await pendingUnder(tx, grant))
          await decideApproval(tx, covered, { decision, by, reason: `by the grant ${grantId}` })
        tx.about(asked.task ?? id)
      }
      return toApproval(decided, tx.now)
    })
  },
})

export const approvalExpire = defineTool({
  name: 'approval_expire',
  title: 'Expire questions',
  description:
    'Puts on record which questions nobody answered in time, and lets what waited for them go on. Called by the approvals controller.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {},
  output: z.object({ expired: z.int() }),
  run: (_input, ctx) => ctx.transaction(async (tx) => ({ expired: await expireApprovals(tx) })),
})

/** What a yes that reaches further covers. An agent lives for one attempt, so a rule is for all of its kind. */
function grantOf(
  { id, org, task, tool, caller, asked_by: askedBy, kind }: ApprovalRow,
  decision: 'approve' | 'deny',
  scope: 'task' | 'rule',
  given: Pick<ApprovalGrant, 'id' | 'givenBy' | 'givenAt'>,
): ApprovalGrant {
  if (decision === 'deny')
    throw new HubError('invalid', '`scope` is for a yes: a no is for this question alone', {
      hint: 'To refuse such calls always, write a rule with "decision": "deny" into switchyard.json.',
    })
  if (kind !== 'call' || tool === null || caller === null)
    throw new HubError('invalid', `approval ${id} is a question and no call: answer it once`)
  const about = { ...given, org, tool, kind: caller, approval: id }
  if (scope === 'rule') return { ...about, ...(caller === 'agent' ? {} : { principal: askedBy }) }
  if (task !== null) return { ...about, task }
  throw new HubError('invalid', `the call of approval ${id} belongs to no task`, {
    hint: 'Approve it once, or with the scope rule.',
  })
}
