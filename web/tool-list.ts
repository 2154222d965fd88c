import { onEvent } from './live.ts'
import type { ListedTool } from './mcp.ts'
import { listTools } from './mcp.ts'

const lists = new Map<string, Promise<ListedTool[]>>()

/** The tools that may be called, of all servers or of one: asked for once, until a server changes. */
export function knownTools(server?: string): Promise<ListedTool[]> {
  const key = server ?? ''
  const known = lists.get(key)
  if (known) return known
  const asked = listTools(server)
  lists.set(key, asked)
  asked.catch(() => lists.delete(key)) // So that the next one asks again.
  return asked
}

/** A tool by its name, or undefined where the person may not call it. */
export async function knownTool(name: string): Promise<ListedTool | undefined> {
  return (await knownTools()).find((tool) => tool.name === name)
}

/** Has the next one that asks be told anew: something shows that the tools are others now. */
export const forgetTools = (): void => lists.clear()

onEvent((event) => {
  if (event === undefined || /^(server|peer)\./.test(event.kind)) forgetTools()
})
