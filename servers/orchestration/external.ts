import { z } from 'zod'
import type { Principal } from '../../schemas/principal.ts'
import { mintToken, revokeLabelledTokens } from '../kit/store/tokens.ts'
import { defineTool } from '../kit/tool.ts'
import { requireLease } from './store/attempts.ts'
import { findTask } from './store/tasks.ts'

const task = z.string().max(60).describe('Task the lease is for')
const fence = z.int().describe('Fencing number that task_claim returned')

export const credentialLend = defineTool({
  name: 'credential_lend',
  title: 'Lend a credential',
  description:
    'Makes a credential for a program that the agent of an attempt starts: it may look at the task, its repository and the context store and call models, and nothing else. The one lent before ends at once, and all end with the attempt.',
  effect: 'create',
  scope: 'task:work',
  input: { task, fence },
  output: z.object({ token: z.string().describe('Bearer token') }),
  run: ({ task: id, fence: number }, ctx) => {
    const tokenId = ctx.id('token')
    return ctx.transaction(async (tx) => {
      const { org, repo } = await findTask(ctx, tx, id)
      const attempt = await requireLease(tx, id, number)
      const label = `lent by attempt ${attempt.number} of ${id}`
      await revokeLabelledTokens(tx, { attempt: attempt.id, label })
      const principal: Principal = {
        kind: 'agent',
        id: attempt.agent,
        roles: ['assistant'],
        orgs: [org],
        task: id,
        attempt: attempt.id,
        ...(repo === null ? {} : { repo }),
      }
      tx.about(id)
      const minted = { id: tokenId, purpose: 'access', principal, label } as const
      return { token: await mintToken(tx, { ...minted, attempt: attempt.id }) }
    })
  },
})

export const taskProgress = defineTool({
  name: 'task_progress',
  title: 'Report progress',
  description:
    'Tells people how the agent means to go on, as its whole list of steps with what is done; the next call replaces it. Use task_report at the end.',
  effect: 'update',
  scope: 'task:work',
  idempotent: true,
  input: {
    task,
    fence,
    steps: z
      .array(
        z.strictObject({
          text: z.string().min(1).max(300).describe('What the step is'),
          state: z.enum(['pending', 'in_progress', 'completed']).describe('How far it is'),
        }),
      )
      .max(50)
      .describe('All steps, in order'),
  },
  output: z.object({ done: z.int(), steps: z.int() }),
  run: ({ task: id, fence: number, steps }, ctx) =>
    ctx.transaction(async (tx) => {
      const { org } = await findTask(ctx, tx, id)
      await requireLease(tx, id, number)
      tx.about(id)
      await tx.event({ kind: 'task.progress', org, subject: id, task: id, data: { steps } })
      const done = steps.filter(({ state }) => state === 'completed').length
      return { done, steps: steps.length }
    }),
})
