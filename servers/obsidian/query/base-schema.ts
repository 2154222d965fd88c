import { z } from 'zod'

export type Filter =
  | string
  | { and?: Filter[] | undefined; or?: Filter[] | undefined; not?: Filter[] | undefined }
const Filter: z.ZodType<Filter> = z.lazy(() =>
  z.union([
    z.string(),
    z.strictObject({
      and: z.array(Filter).optional(),
      or: z.array(Filter).optional(),
      not: z.array(Filter).optional(),
    }),
  ]),
)

/** Obsidian once wrote `column` for `property`, and still takes it. */
const Order = z.preprocess(
  (raw) => {
    const isOlder =
      typeof raw === 'object' && raw !== null && 'column' in raw && !('property' in raw)
    return isOlder ? { ...raw, property: raw.column } : raw
  },
  z.looseObject({
    property: z.string(),
    direction: z
      .string()
      .transform((way) => way.toUpperCase())
      .pipe(z.enum(['ASC', 'DESC']))
      .default('ASC'),
  }),
)
export type Order = z.infer<typeof Order>

export const View = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  filters: Filter.optional(),
  groupBy: z.union([z.string(), Order]).optional(),
  order: z.array(z.string()).optional(),
  sort: z.array(z.union([z.string(), Order])).optional(),
  limit: z.number().int().min(0).optional(),
  summaries: z.record(z.string(), z.string()).optional(),
})
export type View = z.infer<typeof View>

/** A base whose views are still to be read, each by itself. */
export const BaseFile = z.looseObject({
  filters: Filter.optional(),
  formulas: z.record(z.string(), z.coerce.string()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  summaries: z.record(z.string(), z.string()).optional(),
  views: z.array(z.unknown()).optional(),
})

/** What a view is called where it has no name of its own. */
export const ViewTitle = z.looseObject({
  name: z.string().optional().catch(undefined),
  type: z.string().optional().catch(undefined),
})
