import { hash } from 'node:crypto'
import type { Reader, Transaction, Writer } from '../../servers/kit/sql.ts'
import type { ForeignTool } from './foreign-tool.ts'
import type { Pin } from './store/pins.ts'
import { readPins, savePin } from './store/pins.ts'
import { dropRejections, readRejections, saveRejection } from './store/rejections.ts'

export type Sorted = {
  accepted: ForeignTool[]
  quarantined: ForeignTool[]
  /** Looked at and refused, as they are. */
  rejected: ForeignTool[]
}

/**
 * Which of the listed tools are as they were accepted. The first list of a server that its owner
 * configured is taken as it is; from then on, what is new or changed waits for `server_accept`.
 */
export async function sortByPins(
  store: Writer & { reader: Reader },
  upstream: string,
  tools: ForeignTool[],
): Promise<Sorted> {
  const pins = await readPins(store.reader, upstream)
  if (pins.size === 0) {
    await store.transaction((tx) => acceptTools(tx, upstream, tools, 'first use'))
    return { accepted: tools, quarantined: [], rejected: [] }
  }
  const accepted = tools.filter((tool) => pins.get(tool.name)?.digest === pinOf(tool).digest)
  const others = tools.filter((tool) => !accepted.includes(tool))
  const refused = others.length === 0 ? undefined : await readRejections(store.reader, upstream)
  const rejected = others.filter((tool) => refused?.has(pinOf(tool).digest))
  return { accepted, quarantined: others.filter((tool) => !rejected.includes(tool)), rejected }
}

/** Pins these definitions as the ones that may be used. */
export async function acceptTools(
  tx: Transaction,
  upstream: string,
  tools: ForeignTool[],
  by: string,
): Promise<void> {
  for (const tool of tools) {
    await savePin(tx, upstream, pinOf(tool), by)
    await dropRejections(tx, upstream, tool.name)
  }
}

/** Refuses these definitions for good; one that says something else is new again. */
export async function rejectTools(
  tx: Transaction,
  upstream: string,
  tools: ForeignTool[],
  by: string,
): Promise<void> {
  for (const tool of tools) await saveRejection(tx, upstream, pinOf(tool), by)
}

/** Everything a model is told about a tool counts; the order of keys does not. */
const pinOf = (tool: ForeignTool): Pin => ({
  tool: tool.name,
  digest: hash('sha256', canonical(tool)),
  definition: JSON.stringify(tool),
})

/** What changed in a definition, a line each: `-` as accepted, `+` as listed now. */
export function definitionDiff(before: string | undefined, now: ForeignTool): string {
  const lines = (value: unknown) => JSON.stringify(value, null, 2).split('\n')
  const old = before === undefined ? [] : lines(JSON.parse(before))
  const fresh = lines(now)
  return [
    ...old.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`),
    ...fresh.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ].join('\n')
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  )
}
