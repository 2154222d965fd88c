import { z } from 'zod'
import type { ChangeProvider, ProvidedChange } from '../provider.ts'
import type { Place } from './api.ts'
import { ask, askAll } from './api.ts'
import { carries, marked } from './marker.ts'
import { Comment, LineComment, Review } from './pull-request.ts'

type Said = Parameters<ChangeProvider['comment']>[1]

const most = 1000

/** Says something of a pull request, or of a line of it; what may be there already is told by its mark. */
export async function commentOnPull(
  place: Place,
  { handle, head }: ProvidedChange & { handle: string },
  { id, body, path, line, by, known }: Said,
  signal: AbortSignal,
): Promise<void> {
  const text = marked(body, by, id)
  const isOnLine = path !== undefined && line !== undefined
  if (known && (await isThere(place, { handle, id, isOnLine }, signal))) return
  if (!isOnLine)
    return say(place, handle, path === undefined ? text : `\`${path}\`: ${text}`, signal)
  const lines = [{ path, body: text, new_position: line }]
  const review = { event: 'COMMENT', body: '', commit_id: head, comments: lines }
  const options = { method: 'POST', body: review, signal }
  await ask(place, `/pulls/${handle}/reviews`, z.unknown(), options)
}

/** Adds a comment to the whole of it. */
export async function say(
  place: Place,
  handle: string,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  const options = { method: 'POST', body: { body }, signal }
  await ask(place, `/issues/${handle}/comments`, z.unknown(), options)
}

async function isThere(
  place: Place,
  { handle, id, isOnLine }: { handle: string; id: string; isOnLine: boolean },
  signal: AbortSignal,
): Promise<boolean> {
  if (!isOnLine) {
    const comments = await ask(place, `/issues/${handle}/comments`, Comment.array(), { signal })
    return comments.some(({ body }) => carries(body, id))
  }
  const reviews = await askAll(place, `/pulls/${handle}/reviews`, Review, { most, signal })
  // The hub's own have no words but those of their line.
  for (const { id: review } of reviews.filter(({ body }) => body === '').reverse()) {
    const path = `/pulls/${handle}/reviews/${review}/comments`
    const lines = await askAll(place, path, LineComment, { most, signal })
    if (lines.some(({ body }) => carries(body, id))) return true
  }
  return false
}
