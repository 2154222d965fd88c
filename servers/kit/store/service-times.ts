import type { Reader, Row } from '../sql.ts'

// What forecasts read of tasks and attempts, whose rows belong to orchestration.

/** How long an attempt took that ended with a report. */
export type Served = Row & {
  template: string
  submitted_at: number
  started_at: number
  ended_at: number
}

/** The attempts that ended last, newest first; a bounded number of them is looked at. */
export const listServed = (reader: Reader, org: string | undefined): Promise<Served[]> =>
  reader.all<Served>(
    `SELECT t.template, t.submitted_at, a.started_at, a.ended_at
     FROM (SELECT task, state, started_at, ended_at FROM attempts
           WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 2000) AS a
     JOIN tasks AS t ON t.id = a.task
     WHERE a.state IN ('succeeded', 'failed') ${org === undefined ? '' : 'AND t.org = :org'}
     ORDER BY a.ended_at DESC LIMIT 400`,
    org === undefined ? {} : { org },
  )

export type Open = Row & { template: string; state: string; held: number; count: number }

/** How many tasks of each template wait and go on; `held` is 1 for those that a budget holds. */
export const countOpen = (reader: Reader, org: string | undefined): Promise<Open[]> =>
  reader.all<Open>(
    `SELECT template, state, CASE WHEN waiting_for = 'budget' THEN 1 ELSE 0 END AS held,
       count(*) AS count
     FROM tasks WHERE finished_at IS NULL AND state IN ('queued', 'leased', 'running')
       ${org === undefined ? '' : 'AND org = :org'}
     GROUP BY template, state, held LIMIT 500`,
    org === undefined ? {} : { org },
  )
