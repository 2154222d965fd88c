import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../kit/context.ts'
import type { Reader } from '../kit/sql.ts'
import { countQueued } from './store/queue.ts'

/** Refuses one more task while as many of the org wait as its quota lets. */
export async function ensureQueueRoom(
  { config }: Pick<Context, 'config'>,
  reader: Reader,
  org: string,
): Promise<void> {
  const most = config.file.orgs[org]?.maxQueued
  if (most === undefined) return
  const queued = await countQueued(reader, org, most)
  if (queued < most) return
  throw new HubError(
    'exhausted',
    `the org ${org} has ${queued} tasks queued, and may have ${most}`,
    {
      hint: 'Submit it again once some have started, cancel some with task_cancel, or have an owner raise `orgs.NAME.maxQueued` in switchyard.json.',
      details: { queued, most },
    },
  )
}
