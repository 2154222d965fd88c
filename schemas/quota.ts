import { z } from 'zod'

/** What the pods of an org may have at a time, over all clusters; what is not named is not limited. */
export const Quota = z.strictObject({
  pods: z.int().min(0).max(100_000).optional().describe('Pods'),
  cpus: z.number().min(0).max(1_000_000).optional().describe('CPU cores that they are promised'),
  memoryMb: z.int().min(0).max(1_000_000_000).optional().describe('Memory, in MiB'),
  gpus: z.int().min(0).max(100_000).optional().describe('GPUs'),
  templates: z
    .record(z.string().max(200), z.int().min(0).max(100_000))
    .refine((templates) => Object.keys(templates).length <= 50, 'at most 50 templates')
    .optional()
    .describe('Pods of tasks of a template, by its name'),
})
export type Quota = z.infer<typeof Quota>
