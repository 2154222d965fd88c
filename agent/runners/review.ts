import { hash } from 'node:crypto'
import { join } from 'node:path'
import type { Change, ChangeComment, Revision } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Outcome, Work } from '../attempt.ts'
import { Journal } from '../journal.ts'
import { runLoop } from '../loop.ts'
import { hubModel } from '../model.ts'
import { ReviewMade, reviewTools } from '../tools/review-tools.ts'
import { openWorkspace } from '../workspace/workspace.ts'
import { reviewPrompt } from './review-prompt.ts'

type Read = {
  change: Change
  revisions: Revision[]
  comments: ChangeComment[]
  diff: string
  truncated: boolean
}
type Found = { items: { cite: string; heading: string; text: string }[]; degraded: string[] }

const diffBytes = 120_000

/** Template `review`: a model reads a change of another task and posts one review of its last revision. */
export async function runReview(work: Work): Promise<Outcome> {
  const { lease, signal, folder } = work
  const { task } = lease
  const { hub } = lease
  const id = String(task.params.change)
  const asked = { change: id, max_bytes: diffBytes }
  const read = await hub.call<Read>('change_read', asked, { signal })
  const { change } = read
  if (change.state !== 'open') return done(`${id} is ${change.state}: there is nothing to review`)
  const space = await openWorkspace(work, { ref: change.head })
  const goal = typeof task.params.goal === 'string' ? task.params.goal : undefined
  const last = read.revisions.at(-1)
  const { instructions, request } = reviewPrompt({ ...read, goal, last })
  let made: ReviewMade | undefined
  const end = await runLoop({
    model: hubModel(lease, task.model, ({ content }) => {
      const said = content.flatMap((part) => (part.type === 'text' ? part.text.trim() : []))
      const text = said.join('\n')
      return text === '' ? Promise.resolve() : lease.log.say(text)
    }),
    tools: reviewTools({
      root: space.path,
      signal,
      log: (stream, bytes) => lease.log.write(stream, bytes),
      search: (query) =>
        hub.call<Found>('context_search', { query, limit: 8, org: task.org }, { signal }),
      // The hub says of a comment that it takes none such, while the model can still mend it.
      review: async (given) => {
        await send(work, change, given)
        made = given
      },
    }),
    instructions,
    request,
    journal: new Journal(join(folder, `review-${change.revisions}.jsonl`)),
    measures: lease.measures,
    limits: { maxSteps: Number(task.params.maxSteps), maxTokens: Number(task.params.maxTokens) },
    signal,
    takeMessages: () => lease.takeMessages(),
    finished: () => made && JSON.stringify(made),
    say: (text) => lease.log.say(text),
  })
  return post(work, change, ReviewMade.parse(JSON.parse(end.summary)))
}

async function post(work: Work, change: Change, made: ReviewMade): Promise<Outcome> {
  const refused = await send(work, change, made)
  if (refused !== undefined) return done(`not posted: ${refused}`)
  const count = made.comments.length
  const comments = `${count} ${count === 1 ? 'comment' : 'comments'}`
  await work.lease.log.say(`revision ${change.revisions}: ${made.verdict}, with ${comments}`)
  return done(`${made.verdict}, with ${comments}: ${made.body}`)
}

/**
 * Posts a review, or returns why there is nothing left to review. The hub takes one review of a revision
 * from a task, so one that is sent again adds none.
 */
async function send(work: Work, change: Change, made: ReviewMade): Promise<string | undefined> {
  const { lease, signal } = work
  const review = { change: change.id, revision: change.revisions, ...made }
  // The same words of any attempt are the same review; the hub may die before it has answered.
  const key = `review:${hash('sha256', JSON.stringify(review))}`
  try {
    await lease.hub.call('change_review', { ...review, idempotency_key: key }, { signal })
    return undefined
  } catch (error) {
    // The change was revised, merged or closed meanwhile; what was judged is not there any more.
    if (!(error instanceof HubError) || error.code !== 'conflict') throw error
    return error.message
  }
}

const done = (summary: string): Outcome => ({
  outcome: 'succeeded',
  result: { summary: summary.slice(0, 8000) },
})
