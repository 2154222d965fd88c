import type { Place } from './api.ts'
import { ask, askAll } from './api.ts'
import { PullRequest } from './pull-request.ts'

const latest = 200
const single = 50
const everyMs = 30_000

/**
 * A mark for each pull request: when it was last changed. The latest are asked for in one list; of
 * those that are not in it some are asked for one by one, another few each time.
 */
export async function marksOf(
  place: Place,
  handles: string[],
  { signal, now }: { signal: AbortSignal; now: number },
): Promise<Map<string, string>> {
  const wanted = new Set(handles)
  const path = '/pulls?state=all&sort=recentupdate'
  const pulls = await askAll(place, path, PullRequest, { most: latest, signal })
  const marks = new Map<string, string>()
  for (const pull of pulls)
    if (wanted.has(String(pull.number))) marks.set(String(pull.number), markOf(pull))
  const missing = handles.filter((handle) => !marks.has(handle))
  const first = Math.floor(now / everyMs) * single
  for (let n = 0; n < Math.min(single, missing.length); n++) {
    const handle = missing[(first + n) % missing.length] ?? ''
    marks.set(handle, markOf(await ask(place, `/pulls/${handle}`, PullRequest, { signal })))
  }
  return marks
}

const markOf = ({ updated_at: at, state, merged, head }: PullRequest) =>
  `${at} ${merged ? 'merged' : state} ${head.sha}`
