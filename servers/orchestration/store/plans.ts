import type { Plan, PlanDraft, PlanSource, PlanState, StepState } from '../../../schemas/plan.ts'
import { stepStates } from '../../../schemas/plan.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Provenance } from '../../../schemas/task.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Authority } from '../../kit/authority.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

export type PlanRow = Row &
  Record<StepState, number> & {
    id: string
    org: string
    title: string
    state: PlanState
    source: string
    repo: string | null
    principal: string
    reason: string | null
    max_parallel: number
    needs_approval: number
    approval: string | null
    draft: string | null
    failure: string | null
    idempotency_key: string | null
    request_digest: string
    created_at: number
    updated_at: number
    finished_at: number | null
  }

/** Steps that came into a state, less those that left it. */
export type Tally = Record<StepState, number>

export const noSteps = (): Tally =>
  Object.fromEntries(stepStates.map((state) => [state, 0])) as Tally // All states, just above.

/** The source of a plan whose steps were given. */
const givenSteps = JSON.stringify({ kind: 'steps' } satisfies PlanSource)

export const sourceOf = (row: PlanRow): PlanSource => JSON.parse(row.source) as PlanSource // By plan_create.
export const authorOf = (row: PlanRow): Principal => JSON.parse(row.principal) as Principal // Likewise.
export const draftOf = (row: PlanRow): PlanDraft | undefined =>
  row.draft === null ? undefined : (JSON.parse(row.draft) as PlanDraft) // By saveDraft.

/** Where a plan was asked for, as its tasks say it of themselves. */
const provenanceOf = ({ kind, id, chat }: Principal): Provenance => {
  if (chat !== undefined) return { via: 'chat', id: chat.conversation }
  return kind === 'hub' ? { via: 'peer', id } : { via: 'call' }
}

export const isOver = (state: PlanState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'canceled'

export const toPlan = (row: PlanRow): Plan => ({
  id: row.id,
  org: row.org,
  title: row.title,
  state: row.state,
  source: sourceOf(row),
  ...(row.repo === null ? {} : { repo: row.repo }),
  submittedBy: authorOf(row).id,
  ...(row.reason === null ? {} : { reason: row.reason }),
  provenance: provenanceOf(authorOf(row)),
  maxParallel: row.max_parallel,
  ...(row.approval === null ? {} : { approval: row.approval }),
  ...(row.draft === null ? {} : { draft: draftOf(row) }),
  ...(row.failure === null ? {} : { failure: row.failure }),
  counts: Object.fromEntries(stepStates.map((state) => [state, row[state]])) as Tally,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
})

/** The plan, or not_found, also when the caller may not see it: an agent sees tasks, no plans. */
export async function findPlan(caller: Authority, reader: Reader, id: string): Promise<PlanRow> {
  const row = await reader.get<PlanRow>('SELECT * FROM plans WHERE id = :id', { id })
  if (row && caller.may('row.see', { org: row.org, task: '' })) return row
  throw new HubError('not_found', `there is no plan ${JSON.stringify(id)}`, {
    hint: 'plan_list shows the plans you may see.',
  })
}

export const readPlan = (reader: Reader, id: string): Promise<PlanRow | undefined> =>
  reader.get<PlanRow>('SELECT * FROM plans WHERE id = :id', { id })

/** Whether the steps that a plan was made from are being stored. */
export const isBeingStored = (row: PlanRow): boolean =>
  row.state === 'drafting' && sourceOf(row).kind === 'steps'

/** Plans whose steps are being stored. */
export const listUnfinished = (reader: Reader): Promise<{ id: string }[]> =>
  reader.all<Row & { id: string }>(
    `SELECT id FROM plans WHERE state = 'drafting' AND source = :steps`,
    { steps: givenSteps },
  )

export const dropPlan = (tx: Transaction, id: string): Promise<number> =>
  tx.run(`DELETE FROM plans WHERE id = :id AND state = 'drafting'`, { id })

export const readPlanByKey = (
  reader: Reader,
  org: string,
  key: string,
): Promise<PlanRow | undefined> =>
  reader.get<PlanRow>('SELECT * FROM plans WHERE org = :org AND idempotency_key = :key', {
    org,
    key,
  })

export const readPlanOfApproval = (
  reader: Reader,
  approval: string,
): Promise<PlanRow | undefined> =>
  reader.get<PlanRow>('SELECT * FROM plans WHERE approval = :approval', { approval })

/** Plans that have to be given steps, oldest first, without those named. */
export const listDrafting = (
  reader: Reader,
  without: string[],
  limit: number,
): Promise<{ id: string }[]> =>
  reader.all<Row & { id: string }>(
    `SELECT id FROM plans
     WHERE state = 'drafting' AND source <> :steps AND id NOT ${anyOf('without')}
     ORDER BY id LIMIT :limit`,
    { steps: givenSteps, without: JSON.stringify(without), limit },
  )

/** One page of plans, newest first. */
export const listPlans = (
  reader: Reader,
  options: {
    state: PlanState | undefined
    orgs: string[] | undefined
    cursor: string | undefined
    limit: number
  },
) => {
  const { state, ...rest } = options
  return listNewest<PlanRow, Plan>(reader, {
    ...rest,
    table: 'plans',
    filters: { state },
    toItem: toPlan,
  })
}

export async function insertPlan(tx: Transaction, row: PlanRow): Promise<void> {
  await tx.insert('plans', row)
  await announce(tx, row)
}

/** Adds to the counts of a plan what came of its steps, and wakes those who watch it. */
export async function saveTally(tx: Transaction, plan: PlanRow, tally: Tally): Promise<PlanRow> {
  const next: PlanRow = { ...plan, updated_at: tx.now }
  for (const state of stepStates) next[state] += tally[state]
  await tx.run(
    `UPDATE plans SET waiting = :waiting, ready = :ready, running = :running, held = :held,
       succeeded = :succeeded, failed = :failed, canceled = :canceled, skipped = :skipped,
       updated_at = :updated_at
     WHERE id = :id`,
    next,
  )
  tx.wake(plan.id)
  tx.about(plan.id)
  return next
}

/** Moves a plan and announces it; `row` carries what else changes. */
export async function movePlan(
  tx: Transaction,
  row: PlanRow,
  state: PlanState,
  patch: { approval?: string; failure?: string | null } = {},
): Promise<PlanRow> {
  const next: PlanRow = {
    ...row,
    ...patch,
    state,
    updated_at: tx.now,
    finished_at: isOver(state) ? tx.now : null,
  }
  await tx.run(
    `UPDATE plans SET state = :state, approval = :approval, failure = :failure,
       updated_at = :updated_at, finished_at = :finished_at
     WHERE id = :id`,
    next,
  )
  await announce(tx, next)
  return next
}

/** Keeps an answer that was no plan, with what is wrong with it. */
export async function saveDraft(tx: Transaction, row: PlanRow, draft: PlanDraft): Promise<PlanRow> {
  const next: PlanRow = { ...row, draft: JSON.stringify(draft), updated_at: tx.now }
  await tx.run('UPDATE plans SET draft = :draft, updated_at = :updated_at WHERE id = :id', next)
  tx.wake(row.id)
  tx.about(row.id)
  return next
}

async function announce(tx: Transaction, row: PlanRow): Promise<void> {
  const { id, org, state, title, failure } = row
  tx.about(id)
  const why = failure === null ? {} : { failure }
  await tx.event({ kind: `plan.${state}`, org, subject: id, data: { state, title, ...why } })
}
