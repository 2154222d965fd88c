import { z } from 'zod'

/** A kind of task that the hub knows: what forms and callers are told, and what its tasks need. */
export type BuiltIn = {
  title: string
  description: string
  needsRepo: boolean
  needsModel: boolean
  /** Whether it opens a change, always or where its parameters ask for it. */
  opensChange: boolean
  maxAttempts: number
  params: z.ZodObject
}

export const refParam = z
  .string()
  .max(200)
  .optional()
  .describe('Branch, tag or commit to work on; default: the current branch')

/** A path or glob inside the workspace. */
export const pathParam = z
  .string()
  .min(1)
  .max(200)
  .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), {
    error: 'it has to be relative and to stay inside the workspace',
  })
