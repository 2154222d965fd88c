import { z } from 'zod'
import { Approval, ApprovalState } from '../../schemas/approval.ts'
import { HubError } from '../../schemas/errors.ts'
import { orgFilter } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import {
  askApproval,
  decideApproval,
  listApprovals,
  readApproval,
  toApproval,
} from './store/approvals.ts'
import { requireLease } from './store/attempts.ts'
import { findTask } from './store/tasks.ts'
import { approvalsText } from './texts.ts'

export const approvalRequest = defineTool({
  name: 'approval_request',
  title: 'Ask for approval',
  description:
    'Puts a question to people and has the task wait for the answer. Follow the answer with approval_list; the question survives restarts and is void when the attempt ends.',
  effect: 'create',
  scope: 'task:work',
  input: {
    task: z.string().max(60).describe('Task that has to wait'),
    fence: z.int().describe('Fencing number that task_claim returned'),
    question: z.string().min(1).max(2000).describe('What is asked, in one sentence'),
    details: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('Everything the person needs to decide'),
  },
  output: Approval,
  run: ({ task, fence, question, details }, ctx) => {
    const id = ctx.id('approval')
    return ctx.transaction(async (tx) => {
      const { org } = await findTask(ctx, tx, task)
      const { id: attempt } = await requireLease(tx, task, fence)
      const askedBy = ctx.principal.id
      const asked = {
        id,
        org,
        task,
        attempt,
        kind: 'question',
        question,
        details,
        askedBy,
      } as const
      return toApproval(await askApproval(tx, asked), tx.now)
    })
  },
})

export const approvalDecide = defineTool({
  name: 'approval_decide',
  title: 'Answer a question',
  description:
    'Approves or denies what is asked, once, and lets the task or call that waits for it go on. Use approval_list to see what is asked, with its full details.',
  effect: 'update',
  scope: 'approval:decide',
  input: {
    approval: z.string().max(60).describe('Approval id'),
    decision: z.enum(['approve', 'deny']).describe('The answer'),
    reason: z.string().max(2000).optional().describe('Why; the agent reads it'),
  },
  output: Approval,
  run: ({ approval: id, decision, reason }, ctx) =>
    ctx.transaction(async (tx) => {
      const asked = await readApproval(tx, id)
      if (!asked || !ctx.may('row.see', { org: asked.org, task: asked.task ?? undefined })) {
        throw new HubError('not_found', `there is no approval ${JSON.stringify(id)}`, {
          hint: 'approval_list shows the open questions.',
        })
      }
      const answer = { decision, by: ctx.principal.id, reason }
      return toApproval(await decideApproval(tx, asked, answer), tx.now)
    }),
})

export const approvalList = defineTool({
  name: 'approval_list',
  title: 'List questions',
  description:
    'Lists what agents and calls ask of people, open questions by default. With `approval` it waits up to `wait_ms` for that one to be answered.',
  effect: 'read',
  scope: 'task:read',
  input: {
    task: z.string().max(60).optional().describe('Only questions of this task'),
    approval: z.string().max(60).optional().describe('Only this question'),
    state: z
      .enum([...ApprovalState.options, 'all'])
      .default('pending')
      .describe('Only in this state'),
    wait_ms: z
      .int()
      .min(0)
      .max(50_000)
      .default(0)
      .describe('How long to wait for the answer to `approval`'),
  },
  output: z.object({ items: z.array(Approval) }),
  text: approvalsText,
  run: async ({ task, approval: id, state, wait_ms: waitMs }, ctx) => {
    const read = async () => {
      const now = ctx.now()
      const rows = await listApprovals(ctx.reader, {
        id,
        state: id !== undefined || state === 'all' ? undefined : state,
        task: ctx.principal.task ?? task,
        orgs: orgFilter(ctx, undefined),
        now,
      })
      return rows.map((row) => toApproval(row, now))
    }
    using answer = ctx.store.topics.listen(id === undefined ? [] : [id])
    const items = await read()
    if (id === undefined || waitMs === 0 || items[0]?.state !== 'pending') return { items }
    await answer.next(waitMs, ctx.signal)
    return { items: await read() }
  },
})
