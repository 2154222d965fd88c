import { z } from 'zod'

export const SpecTaskState = z.enum(['open', 'done', 'other'])

/** One line of a feature's `tasks.md`. */
export const SpecTask = z.object({
  id: z.string().describe('As written in the file; several lines may carry the same one'),
  line: z.int(),
  state: SpecTaskState,
  mark: z.string().describe('The character in the box'),
  parallel: z.boolean(),
  stories: z.array(z.string()),
  phase: z.string(),
  dependsOn: z.array(z.string()),
  text: z.string(),
  details: z.string().optional().describe('The indented lines below it, where they were asked for'),
})
export type SpecTask = z.infer<typeof SpecTask>

export const Feature = z.object({
  name: z.string().describe('Folder under specs/'),
  title: z.string(),
  documents: z.array(z.string()),
  tasks: z.object({ open: z.int(), done: z.int(), other: z.int() }),
})
export type Feature = z.infer<typeof Feature>

/** Why a task counts as done: at least one of these is given. */
export const Evidence = z.strictObject({
  change: z.string().max(60).optional().describe('Id of the change that carries the work'),
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,40}$/, 'expected the hash of a commit: 7 to 40 hexadecimal digits')
    .optional()
    .describe('Commit that carries the work'),
  note: z.string().min(10).max(2000).optional().describe('What was checked, and how'),
})
export type Evidence = z.infer<typeof Evidence>
