import { HubError } from '../../../schemas/errors.ts'
import type { Repository } from '../../../schemas/repo.ts'
import { forgejo } from './forgejo/forgejo.ts'
import { localGit } from './local-git.ts'
import type { ChangeProvider, ProviderContext, ProviderKind } from './provider.ts'
import { radicle } from './radicle/radicle.ts'

/** Asked in this order whether a repository is theirs; local Git takes what no other one does. */
const kinds: ProviderKind[] = [radicle, forgejo, localGit]

/** The kind of a repository as it is now. */
export async function detectProvider(ctx: ProviderContext, path: string): Promise<ProviderKind> {
  for (const kind of kinds) if (await kind.recognises(ctx, path)) return kind
  throw new HubError('unsupported', `no provider of this hub takes the repository ${path}`)
}

const kindOf = (provider: string) => kinds.find(({ name }) => name === provider)

export const isKnownProvider = (provider: string): boolean => kindOf(provider) !== undefined

/** The provider that a repository's row names. */
export function providerOf(ctx: ProviderContext, repository: Repository): ChangeProvider {
  const kind = kindOf(repository.provider)
  if (kind) return kind.open(ctx, repository)
  throw new HubError(
    'unsupported',
    `repository ${repository.id} is kept by ${repository.provider}, which this hub does not speak with`,
    { hint: `It speaks with: ${kinds.map(({ name }) => name).join(', ')}.` },
  )
}
