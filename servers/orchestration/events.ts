import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Event } from '../../schemas/event.ts'
import { Org } from '../../schemas/principal.ts'
import { orgFilter } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { lastEventSeq, listEvents, listLastEvents } from './store/events.ts'
import { eventsText } from './texts.ts'

export const eventList = defineTool({
  name: 'event_list',
  title: 'List events',
  description:
    'Reads the durable stream of what happened, oldest first, from `after`, waiting up to `wait_ms` for more. Pass the returned `next` as `after` to continue. `tail` shows the end instead.',
  effect: 'read',
  scope: 'task:read',
  input: {
    after: z.int().min(0).optional().describe('Last event already seen; default: only new ones'),
    task: z.string().max(60).optional().describe('Only events of this task'),
    org: Org.optional().describe('Only this org'),
    limit: z.int().min(1).max(500).default(50).describe('Most events to return'),
    tail: z.int().min(1).max(500).optional().describe('Only the last so many events'),
    before: z
      .int()
      .min(1)
      .optional()
      .describe('With `tail`: of those before this one, as `previous` of the last answer says'),
    wait_ms: z.int().min(0).max(50_000).default(0).describe('How long to wait for a new event'),
  },
  output: z.object({
    items: z.array(Event),
    next: z.int(),
    previous: z.int().optional().describe('With `tail`: pass it as `before` for what was earlier'),
  }),
  text: eventsText,
  run: async ({ after, task, org, limit, tail, before, wait_ms: waitMs }, ctx) => {
    const { id: principal, task: ownTask } = ctx.principal
    const filter = { principal, task: ownTask ?? task, orgs: orgFilter(ctx, org) }
    if (tail !== undefined) {
      if (after !== undefined)
        throw new HubError('invalid', '`tail` reads back and `after` reads on: pass one of them')
      const reached = await lastEventSeq(ctx.reader)
      const last = await listLastEvents(ctx.reader, { ...filter, before, limit: tail })
      return { ...last, next: last.items.at(-1)?.seq ?? reached }
    }
    if (before !== undefined)
      throw new HubError('invalid', '`before` needs `tail`, how many events before it to return')
    const deadline = ctx.now() + waitMs
    using events = ctx.store.topics.listen([filter.task ?? 'events'])
    const from = after ?? (await lastEventSeq(ctx.reader))
    let seen = from
    for (;;) {
      const reached = await lastEventSeq(ctx.reader)
      const items = await listEvents(ctx.reader, { ...filter, after: from, limit })
      const left = deadline - ctx.now()
      if (items.length > 0 || left <= 0)
        return { items, next: items.at(-1)?.seq ?? Math.max(seen, reached) }
      seen = reached
      await events.next(left, ctx.signal)
    }
  },
})
