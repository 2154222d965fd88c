import { HubError } from '../schemas/errors.ts'
import type { ContextState } from '../schemas/context.ts'
import type { Work } from './attempt.ts'

type Pack = {
  text: string
  tokens: number
  items: unknown[]
  state: ContextState
  omitted: { count: number }
  degraded: string[]
}

const patienceMs = 15_000
const pauseMs = 500

/**
 * What the hub knows that bears on the task, as one text of a given size. A repository that is still
 * being read is waited for a while; without context the work begins all the same.
 */
export async function readContext(
  { lease, signal }: Work,
  query: string,
  maxTokens: number,
): Promise<string> {
  if (maxTokens < 200) return ''
  const deadline = performance.now() + patienceMs
  for (;;) {
    const found = await pack({ lease, signal }, query, maxTokens)
    if (found.state !== 'ready' && found.items.length === 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      signal.throwIfAborted()
      continue
    }
    const reasons = found.degraded.length > 0 ? ` (${found.degraded.join('; ')})` : ''
    await lease.log.say(
      `context: ${found.items.length} pieces, ${found.tokens} tokens, ${found.omitted.count} left out${reasons}`,
    )
    if (found.items.length === 0) return ''
    await keep(lease, query, found)
    return found.text
  }
}

/** What the agent was told, piece by piece, stays with the task; work does not fail for want of it. */
async function keep(lease: Work['lease'], query: string, found: Pack): Promise<void> {
  try {
    await lease.keep('context.json', JSON.stringify({ query, ...found }), 'application/json')
  } catch (error) {
    if (!(error instanceof HubError) || error.code === 'canceled') throw error
    await lease.log.say(`context: the pack could not be kept (${error.message})`)
  }
}

async function pack(
  { lease, signal }: Pick<Work, 'lease' | 'signal'>,
  query: string,
  maxTokens: number,
): Promise<Pack> {
  try {
    return await lease.hub.call<Pack>(
      'context_pack',
      { query: query.slice(0, 4000), max_tokens: maxTokens, org: lease.task.org },
      { signal },
    )
  } catch (error) {
    if (!(error instanceof HubError) || error.code === 'canceled') throw error
    const degraded = [error.message]
    return { text: '', tokens: 0, state: 'ready', items: [], omitted: { count: 0 }, degraded }
  }
}
