import { z } from 'zod'

/** Fields every listing takes. `cursor` is what the previous page returned as `next`. */
export const pageInput = {
  cursor: z.string().max(200).optional().describe('`next` of the previous page'),
  limit: z.int().min(1).max(200).default(25).describe('Most items to return (1 to 200)'),
}

/** The same where a page may be long, since an item is short. */
export const longPageInput = {
  ...pageInput,
  limit: z.int().min(1).max(500).default(100).describe('Most items to return (1 to 500)'),
}

export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional() })
