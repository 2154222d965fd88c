import { join } from 'node:path'
import type { Change } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Task } from '../../schemas/task.ts'
import { watchFile } from '../../servers/kit/files/watch-file.ts'
import type { McpParts } from './parts.ts'
import { mayList } from '../calls/decide.ts'
import { isOwnApp } from './own-apps.ts'
import { answerScheme, readAnswer } from './answers.ts'
import { RpcError, rpcCode } from '../rpc/protocol.ts'

type ResourceKind = {
  scheme: string
  template: { uriTemplate: string; name: string; title: string; description: string }
  /** What reads it; the rights are those of the tool. */
  tool: string
  /** What it is called with. */
  arguments(id: string): Record<string, unknown>
  /** What is emitted in the store when it changes. */
  topic(id: string): string
  /** The file it is, where others than the hub may change it. */
  file?(hub: Pick<McpParts, 'config'>, id: string): string | undefined
}

const kind = (noun: string, tool: string, argument: string, description: string): ResourceKind => ({
  scheme: `${noun}:`,
  template: {
    uriTemplate: `${noun}://{${argument}}`,
    name: noun,
    title: noun[0]?.toUpperCase() + noun.slice(1),
    description,
  },
  tool,
  arguments: (id) => ({ [argument]: id }),
  topic: (id) => (noun === 'log' ? `log:${id}` : id),
})

/** A noun that lies in another: `note://VAULT/PATH`, `spec://REPOSITORY/FEATURE`. */
const nested = (
  noun: string,
  [outer, inner]: [string, string],
  description: string,
): ResourceKind => ({
  ...kind(noun, `${noun}_read`, inner, description),
  template: {
    uriTemplate: `${noun}://{${outer}}/{+${inner}}`,
    name: noun,
    title: noun[0]?.toUpperCase() + noun.slice(1),
    description,
  },
  arguments: (id) => {
    const slash = id.indexOf('/')
    return { [outer]: id.slice(0, slash), [inner]: id.slice(slash + 1) }
  },
  topic: (id) => (noun === 'spec' ? `spec:${id.replace('/', ':')}` : `${noun}:${id}`),
})

/** Nouns worth attaching to a conversation or watching. Each is what its tool returns. */
const kinds: ResourceKind[] = [
  kind('task', 'task_read', 'task', 'A task: goal, state, attempts, result'),
  kind('plan', 'plan_read', 'plan', 'A plan: its steps, what each needs and how far it is'),
  kind('log', 'task_log', 'task', 'The log of a task'),
  kind('change', 'change_read', 'change', 'A proposed change: revisions, diff, checks, comments'),
  { ...nested('note', ['vault', 'path'], 'A note of a vault'), file: noteFile },
  nested('spec', ['repo', 'feature'], 'A Spec-Kit feature: its documents and tasks'),
]

const listed = 20

export const isOwnAddress = (uri: string): boolean =>
  uri.startsWith(answerScheme) ||
  isOwnApp(uri) ||
  kinds.some(({ scheme }) => uri.startsWith(`${scheme}//`))

export const ownTemplates = (hub: McpParts, principal: Principal): object[] =>
  kinds
    .filter(({ tool }) => mayList(principal, hub.registry.require(tool)))
    .map(({ template }) => ({ ...template, mimeType: 'application/json' }))

/** The newest tasks and the changes that are open. */
export async function ownResources(hub: McpParts, principal: Principal): Promise<object[]> {
  const list = async <Item>(tool: string, args: object) => {
    if (!mayList(principal, hub.registry.require(tool))) return []
    const { items } = (await hub.calls.tool(principal, tool, args)) as { items: Item[] } // Their output.
    return items
  }
  const [tasks, changes] = await Promise.all([
    list<Task>('task_list', { limit: listed }),
    list<Change>('change_list', { state: 'open', limit: listed }),
  ])
  const mimeType = 'application/json'
  return [
    ...tasks.map(({ id, title, state }) => ({
      uri: `task://${id}`,
      name: id,
      title,
      description: `Task, ${state}`,
      mimeType,
    })),
    ...changes.map(({ id, title }) => ({
      uri: `change://${id}`,
      name: id,
      title,
      description: 'Change, open',
      mimeType,
    })),
  ]
}

export async function readOwnResource(
  hub: McpParts,
  principal: Principal,
  uri: string,
): Promise<object[]> {
  if (uri.startsWith(answerScheme)) return readAnswer(hub, principal.id, uri)
  const { found, id } = find(uri)
  try {
    const value = await hub.calls.tool(principal, found.tool, found.arguments(id))
    return [{ uri, mimeType: 'application/json', text: JSON.stringify(value, null, 2) }]
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    throw new RpcError(rpcCode.params, error.message, { uri })
  }
}

/** Calls `changed` when the resource may have changed, until the returned function is called. */
export function followOwn(
  hub: Pick<McpParts, 'topics' | 'config' | 'log'>,
  uri: string,
  changed: () => void,
): () => void {
  if (uri.startsWith(answerScheme)) return () => undefined // It never does.
  const { found, id } = find(uri)
  const unsubscribe = hub.topics.subscribe(found.topic(id), changed)
  const file = found.file?.(hub, id)
  if (file === undefined) return unsubscribe
  try {
    const stop = watchFile(file, changed)
    return () => {
      unsubscribe()
      stop()
    }
  } catch (error) {
    hub.log.warn({ error, uri }, 'changes by others than the hub will not be heard of')
    return unsubscribe
  }
}

function noteFile(hub: Pick<McpParts, 'config'>, id: string): string | undefined {
  const slash = id.indexOf('/')
  const vault = hub.config().file.vaults[id.slice(0, slash)]
  return vault && join(vault.path, id.slice(slash + 1))
}

function find(uri: string): { found: ResourceKind; id: string } {
  const found = kinds.find(({ scheme }) => uri.startsWith(`${scheme}//`))
  if (!found) throw new RpcError(rpcCode.params, `there is no resource ${uri}`, { uri })
  return { found, id: decodeURIComponent(uri.slice(found.scheme.length + 2)) }
}
