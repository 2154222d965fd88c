import { z } from 'zod'
import { findRepository } from '../kit/repositories.ts'
import { tableText } from '../kit/table.ts'
import { defineTool } from '../kit/tool.ts'
import { providerOf } from './providers/providers.ts'
import { repoInput } from './repositories.ts'
import { openChangesOf } from './store/change-marks.ts'

const mostKnown = 1000

const Proposal = z.object({
  handle: z
    .string()
    .describe('What the provider calls it: a patch id, the number of a pull request'),
  title: z.string(),
  author: z.string().describe("Who proposed it, with the provider's name before it"),
  head: z.string(),
  draft: z.boolean(),
  change: z.string().optional().describe('The change of this hub that it is'),
  updatedAt: z.int().optional(),
  url: z.string().optional(),
})
type Proposal = z.infer<typeof Proposal>

export const proposalList = defineTool({
  name: 'proposal_list',
  title: 'List what is proposed elsewhere',
  description:
    'Lists the open patches or pull requests of a repository where it is kept, whoever proposed them, the latest first; Git on this machine has none. Use change_import to take one in, and change_list for the changes of this hub.',
  effect: 'read',
  scope: 'repo:read',
  input: {
    repo: repoInput,
    limit: z.int().min(1).max(100).default(30).describe('Most of them to return'),
  },
  output: z.object({
    provider: z.string().describe('Where the repository is kept: radicle, forgejo or local'),
    items: z.array(Proposal),
  }),
  text: ({ provider, items }) =>
    `kept by ${provider}\n${tableText(
      { items },
      {
        handle: ({ handle }: Proposal) => handle,
        change: ({ change }: Proposal) => change ?? '',
        author: ({ author }: Proposal) => author,
        draft: ({ draft }: Proposal) => (draft ? 'draft' : ''),
        title: ({ title }: Proposal) => title.slice(0, 120),
      },
    )}`,
  run: async ({ repo, limit }, ctx) => {
    const repository = await findRepository(ctx, repo)
    const provider = providerOf(ctx, repository)
    const open = (await provider.proposed?.(limit)) ?? []
    const known = await openChangesOf(ctx.reader, repository.id, '', mostKnown)
    const changes = new Map(known.map(({ handle, change }) => [handle, change]))
    const items = open.map(({ isDraft, title, ...rest }): Proposal => {
      const change = changes.get(rest.handle)
      const own = change === undefined ? {} : { change }
      return { ...rest, title: title.slice(0, 500), draft: isDraft, ...own }
    })
    return { provider: repository.provider, items }
  },
})
