/** A change that clients may have asked to hear of. */
export type Notification = (
  | { kind: 'tools' | 'prompts' | 'resources' }
  | { kind: 'updated'; uri: string }
  | { kind: 'task'; server: string; own: string; params: Record<string, unknown> }
) & {
  /** Set where it concerns one client alone: the key of its own connections. */
  only?: string
}

/** Tells whoever listens, at once and in order, what changed. It keeps nothing. */
export class Notifications {
  readonly #listeners = new Set<(notification: Notification) => void>()

  subscribe(listener: (notification: Notification) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  publish(notification: Notification): void {
    for (const listener of [...this.#listeners]) listener(notification)
  }
}

/** A task among those of all servers. */
export const taskKey = (server: string, own: string): string => `${server} ${own}`

/** The notification of either era that says it; that of a task depends on who is told. */
export const notificationOf = (
  notification: Exclude<Notification, { kind: 'task' }>,
): { method: string; params: Record<string, unknown> } =>
  notification.kind === 'updated'
    ? { method: 'notifications/resources/updated', params: { uri: notification.uri } }
    : { method: `notifications/${notification.kind}/list_changed`, params: {} }
