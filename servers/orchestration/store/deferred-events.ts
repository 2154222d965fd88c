import type { Event } from '../../../schemas/event.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import type { EventRow } from './events.ts'
import { toEvent } from './events.ts'

// Owns the table `deferred_events`.

type DeferredRow = Row & { follower: string; seq: number; since: number; tries: number }

/** An event that a follower comes back to. */
export type Deferred = { event: Event; since: number; tries: number }

/** Keeps an event for later, or says when it is looked at again. */
export async function deferEvent(
  tx: Transaction,
  row: { follower: string; seq: number; tries: number; dueAt: number; reason: string },
): Promise<void> {
  await tx.run(
    `INSERT INTO deferred_events (follower, seq, since, tries, due_at, reason)
     VALUES (:follower, :seq, :now, :tries, :dueAt, :reason)
     ON CONFLICT (follower, seq) DO UPDATE SET tries = :tries, due_at = :dueAt, reason = :reason`,
    { ...row, now: tx.now },
  )
}

export async function removeDeferred(
  tx: Transaction,
  follower: string,
  seq: number,
): Promise<void> {
  await tx.run('DELETE FROM deferred_events WHERE follower = :follower AND seq = :seq', {
    follower,
    seq,
  })
}

/** Gives an event up, in words that stay: what should have come of it may have to be done by hand. */
export async function giveUpEvent(
  tx: Transaction,
  follower: string,
  { seq, kind, org, subject, task }: Event,
  failure: { code: string; message: string },
): Promise<void> {
  await removeDeferred(tx, follower, seq)
  await tx.event({
    kind: 'controller.gave_up',
    org,
    subject,
    task,
    data: { controller: follower, event: kind, seq, ...failure },
  })
}

/** The next events that a follower has to come back to. */
export async function listDeferred(
  reader: Reader,
  { follower, now, limit }: { follower: string; now: number; limit: number },
): Promise<Deferred[]> {
  const rows = await reader.all<DeferredRow & EventRow>(
    `SELECT events.*, deferred.since AS since, deferred.tries AS tries
     FROM deferred_events deferred JOIN events ON events.seq = deferred.seq
     WHERE deferred.follower = :follower AND deferred.due_at <= :now
     ORDER BY deferred.due_at LIMIT :limit`,
    { follower, now, limit },
  )
  return rows.map((row) => ({ event: toEvent(row), since: row.since, tries: row.tries }))
}

/** When the first of them is due, and how many there are. */
export async function summaryOfDeferred(
  reader: Reader,
  follower: string,
): Promise<{ count: number; dueAt: number | undefined }> {
  const row = await reader.get<{ count: number; due_at: number | null }>(
    `SELECT count(*) AS count, min(due_at) AS due_at FROM deferred_events
     WHERE follower = :follower`,
    { follower },
  )
  return { count: row?.count ?? 0, dueAt: row?.due_at ?? undefined }
}
