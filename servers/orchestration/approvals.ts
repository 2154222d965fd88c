import { z } from 'zod'
import { Approval } from '../../schemas/approval.ts'
import { HubError } from '../../schemas/errors.ts'
import { maySee, orgFilter } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import type { Row } from '../kit/tx.ts'
import { requireLease } from './attempt-rows.ts'
import { findTask, moveTask } from './task-rows.ts'
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
    return ctx.write((tx) => {
      const row = findTask(ctx, tx, task)
      const attempt = requireLease(tx, task, fence)
      moveTask(tx, row, 'ask', { waitingFor: 'approval', data: { approval: id, question } })
      tx.run(
        `INSERT INTO approvals (id, org, task, attempt, question, details, state, asked_by, asked_at)
         VALUES (:id, :org, :task, :attempt, :question, :details, 'pending', :by, :now)`,
        {
          id,
          org: row.org,
          task,
          attempt: attempt.id,
          question,
          details: JSON.stringify(details),
          by: ctx.principal.id,
          now: tx.now,
        },
      )
      return {
        id,
        task,
        question,
        details,
        state: 'pending' as const,
        askedBy: ctx.principal.id,
        askedAt: tx.now,
      }
    })
  },
})

export const approvalDecide = defineTool({
  name: 'approval_decide',
  title: 'Answer a question',
  description:
    'Approves or denies what an agent asked, once, and lets the task go on. Use approval_list to see what is asked, with its full details.',
  effect: 'update',
  scope: 'approval:decide',
  input: {
    approval: z.string().max(60).describe('Approval id'),
    decision: z.enum(['approve', 'deny']).describe('The answer'),
    reason: z.string().max(2000).optional().describe('Why; the agent reads it'),
  },
  output: Approval,
  run: ({ approval: id, decision, reason }, ctx) =>
    ctx.write((tx) => {
      const asked = tx.get<ApprovalRow>('SELECT * FROM approvals WHERE id = :id', { id })
      if (!asked || !maySee(ctx, asked.org)) {
        throw new HubError('not_found', `there is no approval ${JSON.stringify(id)}`, {
          hint: 'approval_list shows the open questions.',
        })
      }
      if (asked.state !== 'pending') {
        const why =
          asked.state === 'void'
            ? 'the attempt that asked has ended'
            : `${asked.decided_by} answered it already`
        throw new HubError('conflict', `approval ${id} is ${asked.state}: ${why}`, {
          details: { state: asked.state },
        })
      }
      const state = decision === 'approve' ? 'approved' : 'denied'
      const decided = {
        ...asked,
        state,
        decided_by: ctx.principal.id,
        reason: reason ?? null,
        decided_at: tx.now,
      } as const
      tx.run(
        'UPDATE approvals SET state = :state, decided_by = :by, reason = :reason, decided_at = :now WHERE id = :id',
        { id, state, by: ctx.principal.id, reason: reason ?? null, now: tx.now },
      )
      moveTask(tx, findTask(ctx, tx, asked.task), 'answer', { data: { approval: id, decision } })
      tx.wake(id)
      tx.about(asked.task)
      return toApproval(decided)
    }),
})

export const approvalList = defineTool({
  name: 'approval_list',
  title: 'List questions',
  description:
    'Lists what agents ask of people, open questions by default. With `approval` it waits up to `wait_ms` for that one to be answered.',
  effect: 'read',
  scope: 'task:read',
  input: {
    task: z.string().max(60).optional().describe('Only questions of this task'),
    approval: z.string().max(60).optional().describe('Only this question'),
    state: z
      .enum(['pending', 'approved', 'denied', 'void', 'all'])
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
  run: async ({ task, approval, state, wait_ms: waitMs }, ctx) => {
    const bound = ctx.principal.task ?? task
    const read = () => {
      const orgs = orgFilter(ctx, undefined)
      const conditions = [
        approval === undefined ? (state === 'all' ? '' : 'state = :state') : 'id = :approval',
        bound === undefined ? '' : 'task = :task',
        orgs === undefined ? '' : 'org IN (SELECT value FROM json_each(:orgs))',
      ].filter(Boolean)
      const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
      return ctx.store.all<ApprovalRow>(
        `SELECT * FROM approvals ${where} ORDER BY id DESC LIMIT 100`,
        {
          ...(approval === undefined ? (state === 'all' ? {} : { state }) : { approval }),
          ...(bound === undefined ? {} : { task: bound }),
          ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
        },
      )
    }
    const rows = read()
    if (approval === undefined || waitMs === 0 || rows[0]?.state !== 'pending')
      return { items: rows.map(toApproval) }
    await ctx.store.topics.wait([approval, rows[0].task], waitMs, ctx.signal)
    return { items: read().map(toApproval) }
  },
})

type ApprovalRow = Row & {
  id: string
  org: string
  task: string
  question: string
  details: string
  state: Approval['state']
  asked_by: string
  asked_at: number
  decided_by: string | null
  reason: string | null
  decided_at: number | null
}

const toApproval = (row: ApprovalRow): Approval => ({
  id: row.id,
  task: row.task,
  question: row.question,
  details: JSON.parse(row.details) as Record<string, unknown>, // Written by approval_request.
  state: row.state,
  askedBy: row.asked_by,
  askedAt: row.asked_at,
  ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
  ...(row.reason === null ? {} : { reason: row.reason }),
  ...(row.decided_at === null ? {} : { decidedAt: row.decided_at }),
})
