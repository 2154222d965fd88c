import { z } from 'zod'

/** Lines of a Spec-Kit feature that a task carries out; they are ticked when its change is merged. */
export const SpecTarget = z.strictObject({
  feature: z.string().min(1).max(300).describe('Feature: folder under specs/, number or name'),
  tasks: z
    .array(z.string().min(1).max(100))
    .min(1)
    .max(50)
    .describe('Ids in tasks.md, such as T012'),
  project: z
    .string()
    .max(500)
    .default('')
    .describe('Folder of the Spec-Kit project in the repository'),
})

/** Note of a vault that the result of a task is added to. */
export const NoteTarget = z.strictObject({
  vault: z.string().max(40).optional().describe('Vault; may be left out when there is only one'),
  path: z.string().min(1).max(1000).describe('Path of the note, or daily:today'),
  heading: z.string().min(1).max(300).optional().describe('Heading to add it below'),
})
