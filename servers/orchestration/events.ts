import { z } from 'zod'
import { Event } from '../../schemas/event.ts'
import { Org } from '../../schemas/principal.ts'
import { orgFilter } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { lastEventSeq, listEvents } from './store/events.ts'
import { eventsText } from './texts.ts'

export const eventList = defineTool({
  name: 'event_list',
  title: 'List events',
  description:
    'Reads the durable stream of what happened, oldest first, from `after`, waiting up to `wait_ms` for more. Pass the returned `next` as `after` to continue.',
  effect: 'read',
  scope: 'task:read',
  input: {
    after: z.int().min(0).optional().describe('Last event already seen; default: only new ones'),
    task: z.string().max(60).optional().describe('Only events of this task'),
    org: Org.optional().describe('Only this org'),
    limit: z.int().min(1).max(500).default(50).describe('Most events to return'),
    wait_ms: z.int().min(0).max(50_000).default(0).describe('How long to wait for a new event'),
  },
  output: z.object({ items: z.array(Event), next: z.int() }),
  text: eventsText,
  run: async ({ after, task, org, limit, wait_ms: waitMs }, ctx) => {
    const filter = { task: ctx.principal.task ?? task, orgs: orgFilter(ctx, org) }
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
