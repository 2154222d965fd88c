import { z } from 'zod'
import { refParam } from './template.ts'
import type { BuiltIn } from './template.ts'

export const docops: BuiltIn = {
  title: 'Check the documentation',
  description:
    'Builds the documentation where the project says how (npm scripts, MkDocs, Sphinx, mdBook, TypeDoc), and checks links and spelling of its Markdown. With `fix` it opens a change that mends links whose target has moved.',
  needsRepo: true,
  needsModel: false,
  opensChange: true,
  maxAttempts: 1,
  params: z.strictObject({
    ref: refParam,
    build: z.boolean().default(true).describe('Build the documentation'),
    links: z.boolean().default(true).describe('Check links between files, and to headings'),
    external: z
      .boolean()
      .default(false)
      .describe('Also ask other sites whether what is linked to is there; at most 200 addresses'),
    spelling: z
      .boolean()
      .default(true)
      .describe('Check English spelling; words of cspell.json and .switchyard/words.txt are known'),
    words: z.array(z.string().max(60)).max(500).default([]).describe('Further words to know'),
    fix: z.boolean().default(false).describe('Open a change that mends links to what has moved'),
  }),
}
