import { z } from 'zod'
import { Event } from '../../schemas/event.ts'
import { Org } from '../../schemas/principal.ts'
import type { Context } from '../kit/context.ts'
import { orgFilter } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import type { Row } from '../kit/tx.ts'
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
    const from = after ?? lastSeq(ctx)
    let seen = from
    for (;;) {
      const reached = lastSeq(ctx)
      const items = readEvents(ctx, { ...filter, after: from, limit })
      const left = deadline - ctx.now()
      if (items.length > 0 || left <= 0)
        return { items, next: items.at(-1)?.seq ?? Math.max(seen, reached) }
      seen = reached
      await ctx.store.topics.wait([filter.task ?? 'events'], left, ctx.signal)
    }
  },
})

type Filter = { after: number; limit: number; task: string | undefined; orgs: string[] | undefined }

function readEvents(ctx: Pick<Context, 'store'>, { after, limit, task, orgs }: Filter): Event[] {
  const conditions = [
    'seq > :after',
    task === undefined ? '' : 'task = :task',
    orgs === undefined ? '' : 'org IN (SELECT value FROM json_each(:orgs))',
  ].filter(Boolean)
  const rows = ctx.store.all<EventRow>(
    `SELECT * FROM events WHERE ${conditions.join(' AND ')} ORDER BY seq LIMIT :limit`,
    {
      after,
      limit,
      ...(task === undefined ? {} : { task }),
      ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
    },
  )
  return rows.map(toEvent)
}

const lastSeq = (ctx: Pick<Context, 'store'>): number =>
  ctx.store.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM events')?.seq ?? 0

type EventRow = Row & {
  seq: number
  at: number
  org: string
  kind: string
  subject: string
  task: string | null
  data: string
}

const toEvent = (row: EventRow): Event => ({
  seq: row.seq,
  at: row.at,
  org: row.org,
  kind: row.kind,
  subject: row.subject,
  ...(row.task === null ? {} : { task: row.task }),
  data: JSON.parse(row.data) as Record<string, unknown>, // Written by Tx.event.
})
