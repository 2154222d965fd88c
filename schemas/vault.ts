import { z } from 'zod'
import { Org } from './principal.ts'

/** A query set written into `switchyard.json`: notes that fit all that is given. */
const InlineQuerySet = z.strictObject({
  description: z.string().max(300).default('').describe('What it is for'),
  folder: z.string().max(500).optional().describe('Only notes below this folder'),
  tag: z.string().max(100).optional().describe('Only notes with this tag or one below it'),
  property: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe('Only notes whose properties have these values'),
  search: z.string().max(2000).optional().describe('A search in the words of Obsidian'),
})
export type InlineQuerySet = z.infer<typeof InlineQuerySet>

/** One vault. It is read-only but for the folders named in `write`. */
export const VaultConfig = z.strictObject({
  path: z
    .string()
    .regex(/^(\/|[a-zA-Z]:[\\/])/, 'an absolute path')
    .describe('Folder of the vault'),
  org: Org.default('default').describe('Org that may see it'),
  write: z
    .array(z.string().max(500))
    .default([])
    .describe('Folders in which notes may be changed; "/" is the whole vault'),
  ignore: z.array(z.string().max(500)).default([]).describe('Folders that are not looked into'),
  querySets: z.record(z.string().regex(/^[\w .-]{1,80}$/), InlineQuerySet).default({}),
})
export type VaultConfig = z.infer<typeof VaultConfig>
