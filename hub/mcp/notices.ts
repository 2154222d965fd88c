/** A change that clients may have asked to hear of. */
export type Notice = (
  | { kind: 'tools' | 'prompts' | 'resources' }
  | { kind: 'updated'; uri: string }
) & {
  /** Set where it concerns one client alone: the key of its own connections. */
  only?: string
}

/** Tells whoever listens, at once and in order, what changed. It keeps nothing. */
export class Notices {
  readonly #listeners = new Set<(notice: Notice) => void>()

  subscribe(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  publish(notice: Notice): void {
    for (const listener of [...this.#listeners]) listener(notice)
  }
}

/** The notification of either era that says it. */
export const notificationOf = (
  notice: Notice,
): { method: string; params: Record<string, unknown> } =>
  notice.kind === 'updated'
    ? { method: 'notifications/resources/updated', params: { uri: notice.uri } }
    : { method: `notifications/${notice.kind}/list_changed`, params: {} }
