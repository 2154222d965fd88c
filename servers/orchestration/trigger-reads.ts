import { z } from 'zod'
import { page, pageInput } from '../../schemas/page.ts'
import { Org } from '../../schemas/principal.ts'
import { Trigger, TriggerRun } from '../../schemas/trigger.ts'
import { orgFilter } from '../kit/context.ts'
import { cutText, instantText, tableText } from '../kit/table.ts'
import { defineTool } from '../kit/tool.ts'
import { listRuns, toRun } from './store/trigger-runs.ts'
import { listTriggers, toTrigger } from './store/triggers.ts'
import { findTrigger } from './triggers.ts'

export const triggerList = defineTool({
  name: 'trigger_list',
  title: 'List triggers',
  description:
    'Lists what submits tasks by itself, newest first, with when it is due next and why it is off. Use trigger_read for one of them with its last runs.',
  effect: 'read',
  scope: 'task:read',
  input: {
    kind: z
      .enum(['manual', 'schedule', 'change', 'push', 'plan'])
      .optional()
      .describe('Only those that fire on this'),
    org: Org.optional().describe('Only this org'),
    ...pageInput,
  },
  output: page(Trigger),
  text: (found) =>
    tableText(found, {
      id: ({ id }) => id,
      title: ({ title }) => title,
      on: ({ on }) => (on.kind === 'schedule' ? `${on.cron} ${on.timeZone}` : on.kind),
      template: ({ submit }) => submit.template,
      repo: ({ submit }) => submit.repo,
      org: ({ org }) => org,
      next: ({ nextAt }) => instantText(nextAt),
      off: ({ enabled, disabledReason }) => (enabled ? '' : (disabledReason ?? 'off')),
    }),
  run: ({ kind, org, cursor, limit }, ctx) =>
    listTriggers(ctx.reader, { kind, orgs: orgFilter(ctx, org), cursor, limit }),
})

export const triggerRead = defineTool({
  name: 'trigger_read',
  title: 'Read a trigger',
  description:
    'Shows one trigger and its last runs, with the tasks that they submitted or why they did not. Use task_read for what came of a task.',
  effect: 'read',
  scope: 'task:read',
  input: {
    trigger: z.string().max(60).describe('Trigger id'),
    limit: z.int().min(1).max(200).default(20).describe('Most runs to return'),
  },
  output: z.object({ trigger: Trigger, runs: z.array(TriggerRun) }),
  text: ({ trigger, runs }) =>
    [
      cutText(JSON.stringify(trigger), 6000),
      'runs:',
      tableText(
        { items: runs },
        {
          at: ({ at }) => instantText(at),
          occasion: ({ occasion }) => occasion,
          state: ({ state }) => state,
          task: ({ task }) => task,
          reason: ({ reason }) => reason,
        },
      ),
    ].join('\n'),
  run: async ({ trigger: id, limit }, ctx) => ({
    trigger: toTrigger(await findTrigger(ctx, ctx.reader, id)),
    runs: (await listRuns(ctx.reader, id, limit)).map(toRun),
  }),
})
