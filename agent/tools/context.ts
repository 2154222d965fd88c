import { z } from 'zod'
import type { Bench, LoopTool } from './workspace-tools.ts'

const contextInput = z.object({
  query: z.string().min(1).max(2000).describe('What you want to know'),
})

export const context: LoopTool<typeof contextInput, Pick<Bench, 'search'>> = {
  description:
    'Searches what the hub knows beyond this workspace too: other files, notes, specs, decisions, earlier tasks and changes. Answers with cited pieces.',
  input: contextInput,
  run: async ({ query }, { search }) => {
    const { items, degraded } = await search(query)
    const pieces = items.map(
      ({ cite, heading, text }) => `${cite}${heading ? ` — ${heading}` : ''}\n${text}`,
    )
    return [...(items.length === 0 ? ['Nothing was found.'] : pieces), ...degraded].join('\n\n')
  },
}
