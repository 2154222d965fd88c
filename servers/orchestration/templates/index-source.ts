import { z } from 'zod'
import type { BuiltIn } from './template.ts'

export const indexSource: BuiltIn = {
  title: 'Bring context up to date',
  description:
    'Reads a source of the context store again, so that searches and packs see what changed since, and reports what was added and removed.',
  needsRepo: false,
  needsModel: false,
  opensChange: false,
  maxAttempts: 2,
  params: z.strictObject({
    source: z
      .string()
      .max(4096)
      .optional()
      .describe("Source by id, name or path; default: the task's repository"),
    rebuild: z.boolean().default(false).describe('Read everything again, changed or not'),
  }),
}
