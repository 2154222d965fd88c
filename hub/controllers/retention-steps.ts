import { hasFileOf } from '../../servers/chat/store/files.ts'
import { genesis } from '../../servers/kit/audit.ts'
import { listBlobs, removeBlob } from '../../servers/kit/blobs.ts'
import {
  checkpointArgs,
  checkpointTool,
  dropAudit,
  lastAuditBefore,
  readCheckpoint,
  saveCheckpoint,
} from '../../servers/kit/store/audit.ts'
import type { OldArtifact } from '../../servers/orchestration/store/expired-artifacts.ts'
import {
  dropArtifacts,
  hasArtifactOf,
  listOldArtifacts,
} from '../../servers/orchestration/store/expired-artifacts.ts'
import {
  dropApprovals,
  dropGrants,
  listOldApprovals,
  listOldGrants,
} from '../../servers/orchestration/store/expired-approvals.ts'
import {
  dropEvents,
  lastEventBefore,
  readByAll,
} from '../../servers/orchestration/store/expired-events.ts'
import type { KeptLog } from '../../servers/orchestration/store/expired-logs.ts'
import {
  closeLog,
  dropChunks,
  listKeptLogs,
} from '../../servers/orchestration/store/expired-logs.ts'
import { tasksWithOpenChange } from '../../servers/radicle/store/open-changes.ts'
import type { Removal } from './slices.ts'
import { inSlices, lastOf, removalEntry } from './slices.ts'

const page = 500
/** As many as the audit row of their removal can name. */
const artifactPage = 20
const approvalPage = 50

/** Lets the audit chain begin at a checkpoint and removes the rows before it; returns how many. */
export async function removeAudit(removal: Removal, before: number): Promise<number> {
  const { store } = removal
  const checkpoint = await readCheckpoint(store.reader)
  const from = checkpoint ?? genesis
  const last = await lastOf<typeof from>(removal, (found) =>
    lastAuditBefore(store.reader, { before, after: (found ?? from).seq, count: page }),
  )
  if (last) {
    const dropped = (checkpoint?.dropped ?? 0) + last.seq - from.seq
    const next = { ...last, dropped }
    const entry = removalEntry(checkpointTool, {})
    await store.transaction((tx) => saveCheckpoint(tx, next), {
      ...entry,
      args: checkpointArgs(next),
    })
  }
  return inSlices(removal, dropAudit) // Also what a crash left of the last time.
}

/** Removes events that are old and that every follower has read; returns how many. */
export async function removeEvents(removal: Removal, before: number): Promise<number> {
  const { store } = removal
  const old = await lastOf<number>(removal, (found) =>
    lastEventBefore(store.reader, { before, after: found ?? 0, count: page }),
  )
  const through = Math.min(old ?? 0, await readByAll(store.reader))
  const first = await lastEventBefore(store.reader, { before, after: 0, count: 1 })
  if (first === undefined || first > through) return 0
  await store.transaction(
    (tx) => dropEvents(tx, through, 1),
    removalEntry('event_remove', { first, through }),
  )
  return 1 + (await inSlices(removal, (tx, count) => dropEvents(tx, through, count)))
}

/** Removes the output of tasks that have long been final, and says so in its place; returns the bytes. */
export async function removeLogs(removal: Removal, before: number): Promise<number> {
  const { store, signal } = removal
  let bytes = 0
  for (let after = ''; !signal.aborted;) {
    const logs = await listKeptLogs(store.reader, after, page)
    const old = logs.filter(({ finished_at: at }) => at !== null && at < before)
    const held = await tasksWithOpenChange(
      store.reader,
      old.map(({ task }) => task),
    )
    for (const log of old) {
      if (held.has(log.task) || signal.aborted) continue
      await removeLog(removal, log)
      bytes += log.bytes
    }
    const last = logs.at(-1)
    // Tasks are in the order of their submission, and none ends before it.
    if (!last || logs.length < page || last.submitted_at >= before) return bytes
    after = last.task
  }
  return bytes
}

async function removeLog(removal: Removal, { task, org, bytes }: KeptLog): Promise<void> {
  await inSlices(removal, (tx, count) => dropChunks(tx, task, count))
  if (removal.signal.aborted) return // Goes on at the next start.
  await removal.store.transaction(
    async (tx) => {
      await dropChunks(tx, task, page) // None, unless somebody wrote between.
      await closeLog(tx, task, `${bytes} bytes of output were removed because of their age.\n`)
    },
    removalEntry('log_remove', { bytes }, task, org),
  )
}

/** Removes artifacts of tasks that have long been final, and bytes that no artifact has; returns how many. */
export async function removeArtifacts(
  removal: Removal,
  dataDir: string,
  before: number,
): Promise<number> {
  const { store, signal } = removal
  let removed = 0
  for (let after = { at: 0, id: '' }; !signal.aborted;) {
    const found = await listOldArtifacts(store.reader, { before, after, count: artifactPage })
    const old = await removable(removal, found, before)
    if (old.length > 0) {
      const ids = old.map(({ id }) => id)
      removed += await store.transaction(
        (tx) => dropArtifacts(tx, ids),
        removalEntry('artifact_remove', { artifacts: ids }),
      )
      for (const { sha256 } of old) await removeUnused(removal, dataDir, sha256)
    }
    const last = found.at(-1)
    if (!last || found.length < artifactPage) return removed
    after = { at: last.created_at, id: last.id }
  }
  return removed
}

/** Removes answered questions and grants that are over; returns how many of both. */
export async function removeApprovals(removal: Removal, before: number): Promise<number> {
  const { store, signal } = removal
  let removed = 0
  for (let more = true; more && !signal.aborted;) {
    const grants = await listOldGrants(store.reader, { before, count: approvalPage })
    const ids = grants.map(({ id }) => id)
    if (ids.length > 0)
      removed += await store.transaction(
        (tx) => dropGrants(tx, ids),
        removalEntry('grant_remove', { grants: ids }),
      )
    more = ids.length === approvalPage
  }
  for (let after = { at: 0, id: '' }; !signal.aborted;) {
    const found = await listOldApprovals(store.reader, { before, after, count: approvalPage })
    const ids = found.filter(({ removable: isOld }) => isOld === 1).map(({ id }) => id)
    if (ids.length > 0)
      removed += await store.transaction(
        (tx) => dropApprovals(tx, ids),
        removalEntry('approval_remove', { approvals: ids }),
      )
    const last = found.at(-1)
    if (!last || found.length < approvalPage) return removed
    after = { at: last.at, id: last.id }
  }
  return removed
}

/** Removes bytes that no artifact has from one of the folders; all have been seen after 256 rounds. */
export async function removeUnusedBlobs(
  removal: Removal,
  dataDir: string,
  round: number,
): Promise<void> {
  for (const sha256 of await listBlobs(dataDir, round % 256))
    await removeUnused(removal, dataDir, sha256)
}

const removeUnused = ({ store }: Removal, dataDir: string, sha256: string): Promise<boolean> =>
  removeBlob(
    dataDir,
    sha256,
    async (bytes) =>
      (await hasArtifactOf(store.reader, bytes)) || (await hasFileOf(store.reader, bytes)),
  )

async function removable(
  { store }: Removal,
  found: OldArtifact[],
  before: number,
): Promise<OldArtifact[]> {
  const final = found.filter(({ finished_at: at }) => at !== null && at < before)
  const held = await tasksWithOpenChange(
    store.reader,
    final.map(({ task }) => task),
  )
  return final.filter(({ task }) => !held.has(task))
}
