import type { ReactiveControllerHost } from 'lit'
import { onEvent } from '../live.ts'
import { ChatConversation } from './conversation.ts'

/** Conversations kept in memory, so that panel and page have the same and going back costs nothing. */
const keptConversations = 20
const known = new Set<ChatConversation>()

/** The conversation of an id; without one a new conversation, which the hub names with the first answer. */
export function conversationOf(id?: string): ChatConversation {
  const found = [...known].find((one) => id !== undefined && one.id === id)
  if (found) return found
  const made = new ChatConversation(id)
  known.add(made)
  for (const one of known) {
    if (known.size <= keptConversations) break
    if (!one.isWatched && !one.isAnswering) known.delete(one)
  }
  return made
}

onEvent((event) => {
  for (const one of known) one.heard(event)
})

/** Renders a host again whenever the conversation that it shows has changed. */
export function watchShown(
  host: ReactiveControllerHost,
  shown: () => ChatConversation | undefined,
): void {
  let watched: ChatConversation | undefined
  let end: (() => void) | undefined
  const follow = (next: ChatConversation | undefined): void => {
    if (next === watched) return
    end?.()
    watched = next
    end = next?.watch(() => host.requestUpdate())
    next?.heard(undefined)
  }
  host.addController({
    hostConnected: () => follow(shown()),
    hostUpdate: () => follow(shown()),
    hostDisconnected: () => follow(undefined),
  })
}
