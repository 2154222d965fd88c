import type { Mention } from '../../schemas/chat-part.ts'
import type { Change } from '../../schemas/change.ts'
import type { Task } from '../../schemas/task.ts'
import type { ListedTool } from '../mcp.ts'
import { ToolError, callTool, listTools } from '../mcp.ts'

/** What may be completed where the caret stands. */
export type Suggestion =
  | { kind: 'tool'; tool: ListedTool; label: string; detail: string }
  | { kind: 'mention'; mention: Mention; label: string; detail: string }

const most = 8
const keptMs = 15_000
/** How much of the newest work is looked through; older work is found on its own page. */
const newest = 100

let toolList: { at: number; tools: Promise<ListedTool[]> } | undefined

/** Every tool that this person may call; the list is asked for again after a while. */
function knownTools(): Promise<ListedTool[]> {
  if (!toolList || performance.now() - toolList.at > keptMs)
    toolList = { at: performance.now(), tools: listTools() }
  return toolList.tools
}

/** Tools whose name or title has these letters, those that begin with them first. */
export async function suggestTools(typed: string): Promise<Suggestion[]> {
  const text = typed.toLowerCase()
  const place = ({ name, title }: ListedTool) =>
    name.startsWith(text)
      ? 0
      : name.includes(text)
        ? 1
        : title?.toLowerCase().includes(text)
          ? 2
          : 3
  return (await knownTools())
    .filter((tool) => place(tool) < 3)
    .sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name))
    .slice(0, most)
    .map((tool) => ({ kind: 'tool', tool, label: `/${tool.name}`, detail: tool.title ?? '' }))
}

/** Tasks, changes, notes and features by a part of their name. */
export async function suggestMentions(typed: string): Promise<Suggestion[]> {
  const found = await Promise.all([tasks(typed), changes(typed), notes(typed), features(typed)])
  // Each kind has its share before one fills the list.
  return Array.from({ length: most }, (_, at) => found.map((list) => list[at]))
    .flat()
    .filter((one) => one !== undefined)
    .slice(0, most)
}

async function tasks(typed: string): Promise<Suggestion[]> {
  const items = await listed<Task>('task_list', { limit: most, ...(typed ? { text: typed } : {}) })
  return items.map(({ id, title, state }) => mention({ kind: 'task', id }, title, `task, ${state}`))
}

async function changes(typed: string): Promise<Suggestion[]> {
  const items = await listed<Change>('change_list', { limit: newest })
  return items
    .filter(({ title, id }) => has(typed, title, id))
    .map(({ id, title, state }) => mention({ kind: 'change', id }, title, `change, ${state}`))
}

async function notes(typed: string): Promise<Suggestion[]> {
  if (typed === '') return []
  const query = { query: typed, mode: 'name', limit: most }
  const items = await listed<{ path: string }>('note_search', query)
  return items.map(({ path }) =>
    mention({ kind: 'note', id: path }, path.replace(/^.*\/|\.md$/g, ''), 'note'),
  )
}

async function features(typed: string): Promise<Suggestion[]> {
  const repos = await listed<{ id: string }>('repo_list', { limit: 5 })
  const lists = await Promise.all(
    repos.map(({ id }) => listed<{ name: string }>('spec_list', { repo: id })),
  )
  return lists
    .flat()
    .filter(({ name }) => has(typed, name))
    .map(({ name }) => mention({ kind: 'spec', id: name }, name, 'spec'))
}

const lists = new Map<string, { at: number; items: Promise<unknown[]> }>()

/** A list while somebody types: asked for once in a while, and empty where it cannot be had. */
async function listed<T>(tool: string, args: Record<string, unknown>): Promise<T[]> {
  const key = `${tool} ${JSON.stringify(args)}`
  let known = lists.get(key)
  if (!known || performance.now() - known.at > keptMs) {
    const items = callTool<{ items?: unknown[] }>(tool, args).then(
      (result) => result.items ?? [],
      (error: unknown) => {
        // Who has no vault, or may not read tasks, has nothing of that kind to name.
        if (error instanceof ToolError) return []
        throw error
      },
    )
    known = { at: performance.now(), items }
    if (lists.size > 50) lists.clear()
    lists.set(key, known)
  }
  return (await known.items) as T[] // The tool's output schema states it.
}

function mention(of: Mention, label: string, detail: string): Suggestion {
  return { kind: 'mention', mention: { ...of, label: label.slice(0, 200) }, label, detail }
}

const has = (typed: string, ...names: string[]) =>
  names.some((name) => name.toLowerCase().includes(typed.toLowerCase()))
