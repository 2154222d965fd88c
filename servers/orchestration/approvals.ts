import { z } from 'zod'
import { Approval, ApprovalState } from '../../schemas/approval.ts'
import { orgFilter } from '../kit/context.ts'
import { shownValue } from '../kit/redact.ts'
import { defineTool } from '../kit/tool.ts'
import { countPending, listApprovals } from './store/approval-list.ts'
import { askApproval, toApproval } from './store/approvals.ts'
import { requireLease } from './store/attempts.ts'
import { findTask } from './store/tasks.ts'
import { approvalsText } from './texts.ts'

const hourMs = 3_600_000
const detailChars = 16_000

export const approvalRequest = defineTool({
  name: 'approval_request',
  title: 'Ask for approval',
  description:
    'Puts a question to people and has the task wait for the answer. Follow the answer with approval_list; the question survives restarts, expires when nobody answers in time, and is void when the attempt ends.',
  effect: 'create',
  scope: 'task:work',
  input: {
    task: z.string().max(60).describe('Task that has to wait'),
    fence: z.int().describe('Fencing number that task_claim returned'),
    question: z.string().min(1).max(2000).describe('What is asked, in one sentence'),
    details: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('Everything the person needs to decide; what is called a secret is not shown'),
  },
  output: Approval,
  run: ({ task, fence, question, details }, ctx) => {
    const id = ctx.id('approval')
    const { shown, isCut } = shownValue(details, detailChars)
    return ctx.transaction(async (tx) => {
      const { org } = await findTask(ctx, tx, task)
      const { id: attempt } = await requireLease(tx, task, fence)
      const row = await askApproval(tx, {
        id,
        org,
        task,
        attempt,
        kind: 'question',
        question,
        details: isCut ? { cut: true, shown } : (shown as Record<string, unknown>), // A copy of `details`.
        askedBy: ctx.principal.id,
        expiresAt: tx.now + ctx.config.file.approvalHours * hourMs,
      })
      return toApproval(row, tx.now)
    })
  },
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
    subject: z.string().max(200).optional().describe('Only questions about this, such as a plan'),
    approval: z.string().max(60).optional().describe('Only this question'),
    state: z
      .enum([...ApprovalState.options, 'all'])
      .default('pending')
      .describe('Only in this state'),
    limit: z.int().min(1).max(100).default(30).describe('Most questions to return'),
    cursor: z.string().max(200).optional().describe('`next` of the page before'),
    wait_ms: z
      .int()
      .min(0)
      .max(50_000)
      .default(0)
      .describe('How long to wait for the answer to `approval`'),
  },
  output: z.object({
    items: z.array(Approval),
    next: z.string().optional(),
    pending: z.int().optional().describe('Open questions in all'),
  }),
  text: approvalsText,
  run: async ({ task, subject, approval: id, state, limit, cursor, wait_ms: waitMs }, ctx) => {
    const orgs = orgFilter(ctx, undefined)
    const read = () =>
      listApprovals(ctx.reader, {
        id,
        state: id !== undefined || state === 'all' ? undefined : state,
        task: ctx.principal.task ?? task,
        subject,
        orgs,
        cursor,
        limit,
        now: ctx.now(),
      })
    if (id === undefined) {
      // An agent sees the questions of its own task, and no number of the others.
      if (ctx.principal.task !== undefined) return read()
      return { ...(await read()), pending: await countPending(ctx.reader, orgs, ctx.now()) }
    }
    using answer = ctx.store.topics.listen([id])
    const page = await read()
    if (waitMs === 0 || page.items[0]?.state !== 'pending') return page
    await answer.next(waitMs, ctx.signal)
    return read()
  },
})
