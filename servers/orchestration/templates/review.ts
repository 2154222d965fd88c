import { z } from 'zod'
import type { BuiltIn } from './template.ts'

export const review: BuiltIn = {
  title: 'Review a change',
  description:
    'A model reads a change of another task, with its goal and checks, and posts one review with comments on its lines.',
  needsRepo: true,
  needsModel: true,
  opensChange: false,
  maxAttempts: 2,
  params: z.strictObject({
    change: z.string().min(1).max(60).describe('Change to review'),
    goal: z
      .string()
      .max(20_000)
      .optional()
      .describe('What the change is to reach; default: its own words'),
    maxSteps: z.int().min(1).max(200).default(30).describe('Most model calls in one attempt'),
    maxTokens: z
      .int()
      .min(1000)
      .max(50_000_000)
      .default(500_000)
      .describe('Most tokens in one attempt'),
  }),
}
