import type { Notifications } from '../rpc/notifications.ts'
import type { ListKind } from './lists.ts'
import type { Offers } from './offers.ts'

/** Has clients hear of a list only when it is another one than they could have seen. */
export class ListChanges {
  readonly #notifications: Notifications
  readonly #published = new Map<ListKind, string>()

  constructor(notifications: Notifications) {
    this.#notifications = notifications
  }

  publish({ tools, prompts, resources, templates }: Offers): void {
    const items = (map: Map<string, { item: object }>) =>
      JSON.stringify([...map].map(([name, { item }]) => [name, item]))
    this.#publishOne('tools', items(tools))
    this.#publishOne('prompts', items(prompts))
    this.#publishOne(
      'resources',
      items(resources) + JSON.stringify(templates.map(({ item }) => item)),
    )
  }

  #publishOne(kind: ListKind, text: string): void {
    const before = this.#published.get(kind)
    this.#published.set(kind, text)
    if (before !== undefined && before !== text) this.#notifications.publish({ kind })
  }
}
