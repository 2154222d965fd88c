import type { HubClient } from '../../agent/hub-client.ts'
import type { Listed } from './arguments.ts'
import { clientFor, parseSettings } from './settings.ts'

type Items = { items: Record<string, string>[] }
type Question = { tool: string; args?: object; field: string }

/** How the hub is asked for what a word may name. */
const questions: Record<string, Question> = {
  TASK: { tool: 'task_list', args: { limit: 50 }, field: 'id' },
  APPROVAL: { tool: 'approval_list', args: { limit: 50 }, field: 'id' },
  SERVER: { tool: 'server_list', field: 'name' },
  TEMPLATE: { tool: 'template_list', field: 'name' },
}

/** Nobody waits longer than this for what a key is to complete. */
const timeoutMs = 2000

/** What a running hub offers as the next word; without one there is nothing to suggest. */
export class Offers {
  readonly #data: string | undefined

  constructor(data: string | undefined) {
    this.#data = data
  }

  async tools(): Promise<Listed[]> {
    return await this.#ask([], (client) => client.listTools<Listed>({ timeoutMs }))
  }

  /** The names of one kind, such as the ids of tasks. */
  async named(kind: string): Promise<string[]> {
    if (kind === 'TOOL') return (await this.tools()).map(({ name }) => name)
    const question = Object.hasOwn(questions, kind) ? questions[kind] : undefined
    if (!question) return []
    const { tool, args = {}, field } = question
    return await this.#ask([], async (client) => {
      const { items } = await client.call<Items>(tool, { ...args }, { timeoutMs })
      return items.map((item) => item[field] ?? '')
    })
  }

  async #ask<T>(otherwise: T, ask: (client: HubClient) => Promise<T>): Promise<T> {
    try {
      const own = this.#data === undefined ? [] : [`--data=${this.#data}`]
      return await ask(clientFor(parseSettings('call', own).settings))
    } catch {
      return otherwise // A shell shows nothing of an error, and completes nothing then.
    }
  }
}
