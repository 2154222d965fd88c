import type { z } from 'zod'
import { isExpired } from './api-error.ts'
import { List, parsed } from './objects.ts'
import type { Call, Transport } from './transport.ts'

const pageSize = 500
const maxRestarts = 3

/** The objects of a kind, a page after the other, and the version that the list stands for. */
export async function listAll<T extends z.ZodType>(
  transport: Transport,
  schema: T,
  call: Omit<Call, 'method' | 'body'>,
): Promise<{ items: z.output<T>[]; version: string }> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await listPages(transport, schema, call)
    } catch (error) {
      // The pages of a list are kept for some minutes; a slow reader begins again.
      if (!isExpired(error) || restarts >= maxRestarts) throw error
    }
  }
}

async function listPages<T extends z.ZodType>(
  transport: Transport,
  schema: T,
  { query, ...call }: Omit<Call, 'method' | 'body'>,
) {
  const items: z.output<T>[] = []
  let next: string | undefined
  for (;;) {
    const paged = { ...query, limit: String(pageSize), continue: next }
    const page = parsed(List, await transport.json({ ...call, query: paged }))
    for (const item of page.items ?? []) items.push(parsed(schema, item))
    next = page.metadata.continue || undefined
    if (next === undefined) return { items, version: page.metadata.resourceVersion }
  }
}
