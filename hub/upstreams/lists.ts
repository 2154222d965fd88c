import type { Params } from '../rpc/protocol.ts'
import { HubError } from '../../schemas/errors.ts'
import { isObject } from '../rpc/protocol.ts'
import type { Connection } from './connection.ts'
import type { ForeignTool } from './foreign-tool.ts'
import { isTool } from './foreign-tool.ts'
import { hubIdentity } from './handshake.ts'

export type ForeignPrompt = Params & { name: string }
export type ForeignResource = Params & { uri: string }
export type ForeignTemplate = Params & { uriTemplate: string }

/** All that an upstream offers, as it describes it. */
export type Lists = {
  tools: ForeignTool[]
  prompts: ForeignPrompt[]
  resources: ForeignResource[]
  templates: ForeignTemplate[]
}

export type ListKind = 'tools' | 'prompts' | 'resources'

export const noLists: Lists = { tools: [], prompts: [], resources: [], templates: [] }

/** The list that a notification says has changed. */
export const changedList = (method: string): ListKind | undefined =>
  kinds.find((kind) => method === `notifications/${kind}/list_changed`)

export const kinds: ListKind[] = ['tools', 'prompts', 'resources']

const maxPages = 500
const maxItems = 10_000

/** The lists of the kinds asked for that the upstream says it has; all pages. */
export async function readLists(
  connection: Connection,
  wanted: ListKind[],
  timeoutMs: number,
): Promise<Partial<Lists>> {
  const { capabilities } = connection.handshake
  const read = async (method: string, field: string) =>
    readPages(connection, method, field, timeoutMs)
  const lists: Partial<Lists> = {}
  if (wanted.includes('tools'))
    lists.tools = isObject(capabilities.tools)
      ? (await read('tools/list', 'tools')).filter(isTool)
      : []
  if (wanted.includes('prompts')) {
    const prompts = isObject(capabilities.prompts) ? await read('prompts/list', 'prompts') : []
    lists.prompts = prompts.filter(has('name'))
  }
  if (wanted.includes('resources')) {
    const served = isObject(capabilities.resources)
    const resources = served ? await read('resources/list', 'resources') : []
    lists.resources = resources.filter(has('uri'))
    // Servers with resources need not have templates, and some then refuse the question.
    const templates = served
      ? await read('resources/templates/list', 'resourceTemplates').catch(() => [])
      : []
    lists.templates = templates.filter(has('uriTemplate'))
  }
  return lists
}

async function readPages(
  connection: Connection,
  method: string,
  field: string,
  timeoutMs: number,
): Promise<unknown[]> {
  const items: unknown[] = []
  let cursor: unknown
  for (let page = 0; page < maxPages; page++) {
    const params = cursor === undefined ? {} : { cursor }
    const { result } = await connection.request(method, params, { timeoutMs, client: hubIdentity })
    const part = result[field]
    if (!Array.isArray(part))
      throw new HubError('unavailable', `the upstream answered ${method} without ${field}`)
    for (const item of part as unknown[]) items.push(item)
    if (items.length > maxItems)
      throw new HubError('exhausted', `the upstream lists more than ${maxItems} ${field}`)
    if (typeof result.nextCursor !== 'string' || result.nextCursor === cursor) return items
    cursor = result.nextCursor
  }
  throw new HubError('exhausted', `the upstream lists more than ${maxPages} pages of ${field}`)
}

const has =
  <Key extends string>(key: Key) =>
  (value: unknown): value is Params & Record<Key, string> =>
    isObject(value) && typeof value[key] === 'string'
