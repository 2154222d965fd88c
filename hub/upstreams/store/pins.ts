import { hash } from 'node:crypto'
import type { Store } from '../../../servers/kit/store.ts'
import type { Row, Tx } from '../../../servers/kit/tx.ts'
import type { ForeignTool } from '../foreign-tool.ts'

type Pin = Row & { tool: string; digest: string; definition: string }

export type Sorted = { accepted: ForeignTool[]; quarantined: ForeignTool[] }

/** Everything a model is told about a tool counts; the order of keys does not. */
const digestOfTool = (tool: ForeignTool): string => hash('sha256', canonical(tool))

/**
 * Which of the listed tools are as they were accepted. The first list of a server that its owner
 * configured is taken as it is; from then on, what is new or changed waits for `server_accept`.
 */
export async function sortByPins(
  store: Store,
  upstream: string,
  tools: ForeignTool[],
): Promise<Sorted> {
  const known = readPins(store, upstream)
  if (known.size === 0) {
    await store.write((tx) => tools.forEach((tool) => pin(tx, upstream, tool, 'first use')))
    return { accepted: tools, quarantined: [] }
  }
  const accepted = tools.filter((tool) => known.get(tool.name)?.digest === digestOfTool(tool))
  return { accepted, quarantined: tools.filter((tool) => !accepted.includes(tool)) }
}

export const readPins = (store: Store, upstream: string): Map<string, Pin> =>
  new Map(
    store
      .all<Pin>('SELECT tool, digest, definition FROM pins WHERE upstream = :upstream', {
        upstream,
      })
      .map((row) => [row.tool, row]),
  )

export function pin(tx: Tx, upstream: string, tool: ForeignTool, by: string): void {
  tx.run(
    `INSERT INTO pins (upstream, tool, digest, definition, accepted_by, accepted_at)
     VALUES (:upstream, :tool, :digest, :definition, :by, :now)
     ON CONFLICT (upstream, tool) DO UPDATE SET digest = :digest, definition = :definition, accepted_by = :by, accepted_at = :now`,
    {
      upstream,
      tool: tool.name,
      digest: digestOfTool(tool),
      definition: JSON.stringify(tool),
      by,
      now: tx.now,
    },
  )
}

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
