import { z } from 'zod'

/** A parameterised kind of task, as listings show it. */
export const Template = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  needsRepo: z.boolean(),
  needsModel: z.boolean(),
  opensChange: z.boolean(),
  params: z.record(z.string(), z.unknown()).describe('JSON Schema of `params`'),
})
export type Template = z.infer<typeof Template>
