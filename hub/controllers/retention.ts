import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../../schemas/config.ts'
import type { Retention } from '../../schemas/retention.ts'
import type { Clock } from '../../servers/kit/clock.ts'
import { pause } from '../../servers/kit/clock.ts'
import { finishedTasks, oldestOpenWork } from '../../servers/orchestration/store/open-work.ts'
import { oldestOpenChange } from '../../servers/radicle/store/open-changes.ts'
import {
  removeApprovals,
  removeArtifacts,
  removeAudit,
  removeEvents,
  removeLogs,
  removeUnusedBlobs,
} from './retention-steps.ts'
import type { Removal } from './slices.ts'

const firstAfterMs = 60_000
const everyMs = 60 * 60_000
const dayMs = 24 * 60 * 60_000
/** A task that ended is looked at once more before its folder counts as left over. */
const workspaceMs = dayMs
/** Shares of the configured time that are tried while the store is too large. */
const shares = [1, 0.5, 0.25, 0.1, 0.03, 0]

export type RetentionParts = Removal & {
  config(): Config
  clock: Clock
  log: Logger
  dataDir: string
  /** Calls a tool as the controller. */
  call(tool: string, args: Record<string, unknown>): Promise<unknown>
}

/**
 * Removes what is old: rows of the audit trail, events, output and artifacts of tasks, answered questions,
 * and folders that finished tasks left. It does so in slices of a few milliseconds, and each removal is on record.
 */
export async function retention(parts: RetentionParts): Promise<void> {
  const { clock, log, signal } = parts
  await pause(clock, firstAfterMs, signal)
  for (let round = 0; !signal.aborted; round++) {
    try {
      const removed = await removeOld(parts)
      await removeUnusedBlobs(parts, parts.dataDir, round)
      if (Object.values(removed).some((count) => count > 0))
        log.info(removed, 'old data was removed')
    } catch (error) {
      log.error({ error }, 'old data could not be removed; it is tried again in an hour')
    }
    await pause(clock, everyMs, signal)
  }
}

type Removed = {
  audit: number
  events: number
  logBytes: number
  artifacts: number
  approvals: number
  folders: number
}

/** One round: by age, and by shorter and shorter ages while the store is larger than it may be. */
export async function removeOld(parts: RetentionParts): Promise<Removed> {
  const limits = parts.config().file.retention
  const removed: Removed = {
    audit: 0,
    events: 0,
    logBytes: 0,
    artifacts: 0,
    approvals: 0,
    folders: 0,
  }
  removed.folders = await removeFolders(parts)
  for (const share of shares) {
    await removeByAge(parts, limits, share, removed)
    if (parts.signal.aborted || !isTooLarge(parts, limits)) return removed
  }
  parts.log.warn(
    { maxStoreMb: limits.maxStoreMb },
    'the store is larger than retention.maxStoreMb: what is left is younger than a day, kept for ever, or belongs to work that is not final',
  )
  return removed
}

async function removeByAge(
  parts: RetentionParts,
  limits: Retention,
  share: number,
  removed: Removed,
): Promise<void> {
  const now = parts.clock.now()
  const before = (days: number) => (days === 0 ? 0 : now - Math.max(1, days * share) * dayMs)
  const heldAt = Math.min(
    (await oldestOpenWork(parts.store.reader)) ?? now,
    (await oldestOpenChange(parts.store.reader)) ?? now,
  )
  // First, so that what the others put on record stays.
  removed.audit += await removeAudit(parts, Math.min(heldAt, before(limits.auditDays)))
  removed.logBytes += await removeLogs(parts, before(limits.logDays))
  removed.artifacts += await removeArtifacts(parts, parts.dataDir, before(limits.artifactDays))
  removed.approvals += await removeApprovals(parts, before(limits.approvalDays))
  removed.events += await removeEvents(parts, Math.min(heldAt, before(limits.eventDays)))
}

const isTooLarge = ({ store }: RetentionParts, { maxStoreMb }: Retention): boolean =>
  maxStoreMb > 0 && store.usedBytes() > maxStoreMb * 1024 * 1024

/** Folders of tasks that ended, which the end of the task should have removed. */
async function removeFolders({ store, dataDir, clock, call }: RetentionParts): Promise<number> {
  const names = await readdir(join(dataDir, 'work'))
  const finished = await finishedTasks(store.reader, names)
  const old = [...finished].filter(([, at]) => at < clock.now() - workspaceMs)
  for (const [task] of old) await call('workspace_remove', { task })
  return old.length
}
