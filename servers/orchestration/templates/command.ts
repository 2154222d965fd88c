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
    command: z.string().min(1).max(8000).describe('Command line, run by the system shell'),
  }),
}
