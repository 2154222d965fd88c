import { z } from 'zod'
import type { BuiltIn } from './template.ts'

export const command: BuiltIn = {
  title: 'Run a command',
  description:
    'Runs one command line, in a worktree of the repository when one is given, and keeps its output.',
  needsRepo: false,
  needsModel: false,
  opensChange: false,
  maxAttempts: 1,
  params: z.strictObject({
    command: z
      .string()
      .max(8000)
      .refine((line) => line.trim() !== '', 'there is no command in it')
      .refine((line) => !line.includes('\0'), 'no command line can have a NUL character in it')
      .describe('Command line, run by the system shell'),
  }),
}
