/** A change that clients may have asked to hear of. */
export type Notice = (
  | { kind: 'tools' | 'prompts' | 'resources' }
  | { kind: 'updated'; uri: string }
  | { kind: 'task'; server: string; own: string; params: Record<string, unknown> }
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

/** A task among those of all servers. */
export const taskKey = (server: string, own: string): string => `${server} ${own}`

/** The notification of either era that says it; that of a task depends on who is told. */
export const notificationOf = (
  notice: Exclude<Notice, { kind: 'task' }>,
): { method: string; params: Record<string, unknown> } =>
  notice.kind === 'updated'
    ? { method: 'notifications/resources/updated', params: { uri: notice.uri } }
    : { method: `notifications/${notice.kind}/list_changed`, params: {} }
