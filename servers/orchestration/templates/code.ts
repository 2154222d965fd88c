import { z } from 'zod'
import { NoteTarget, SpecTarget } from '../../../schemas/task-knowledge.ts'
import type { BuiltIn } from './template.ts'

export const code: BuiltIn = {
  title: 'Change the code',
  description:
    'A model works towards the goal in a worktree of its own, runs the checks, and opens a change for review.',
  needsRepo: true,
  needsModel: true,
  opensChange: true,
  maxAttempts: 2,
  params: z.strictObject({
    goal: z.string().min(3).max(20_000).describe('What should be true when the work is done'),
    ref: z
      .string()
      .max(200)
      .optional()
      .describe('Branch to start from; default: the current branch'),
    maxSteps: z.int().min(1).max(500).default(60).describe('Most model calls in one attempt'),
    maxTokens: z
      .int()
      .min(1000)
      .max(50_000_000)
      .default(2_000_000)
      .describe('Most tokens in one attempt'),
    contextTokens: z
      .int()
      .min(0)
      .max(50_000)
      .default(4000)
      .describe('Tokens of context to begin with; 0 for none'),
    spec: SpecTarget.optional().describe('Spec-Kit tasks to tick when the change is merged'),
    merge: z
      .string()
      .max(200)
      .optional()
      .describe(
        'Branch to merge in first and to propose the work for; conflicts are part of the work',
      ),
    draft: z
      .boolean()
      .optional()
      .describe('Whether its change is opened as a draft, which change_update makes ready'),
    note: NoteTarget.optional().describe('Note to add the result to'),
  }),
}
