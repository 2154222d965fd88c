import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import { Repository } from '../../schemas/repo.ts'
import { orgFor } from '../kit/context.ts'
import { withLock } from '../kit/locks.ts'
import { readRepositoryAt } from '../kit/store/repositories.ts'
import { defineTool } from '../kit/tool.ts'
import { addressOf, cloneFolder } from './git/clone-address.ts'
import { fetchNew, makeClone } from './git/clone.ts'

export const repoClone = defineTool({
  name: 'repo_clone',
  title: 'Clone a repository',
  description:
    'Brings a repository to the hub machine by its address, for an org to work on, or fetches what is new in one that it brought before. One on Radicle or on a forge of switchyard.json stays kept there. For a repository that is on this machine pass its path to task_submit.',
  effect: 'create',
  scope: 'repo:write',
  idempotent: true,
  needsDiskRoom: true,
  input: {
    address: z
      .string()
      .min(1)
      .max(1000)
      .describe(
        'https://HOST/OWNER/NAME, or a Radicle id such as rad:z42hL2jL4XNk6K8oHQaSWfMgCL7ji',
      ),
    org: Org.optional().describe('Org that works on it; default: your own'),
    max_mb: z
      .int()
      .min(1)
      .max(20_480)
      .default(2048)
      .describe('Most megabytes to fetch from a server that is no forge of switchyard.json'),
    timeout_ms: z
      .int()
      .min(1000)
      .max(1_800_000)
      .default(45_000)
      .describe('Longest time that it may take; more is for callers that wait for so long'),
  },
  output: Repository,
  run: async ({ address: given, org: asked, max_mb: maxMb, timeout_ms: timeoutMs }, ctx) => {
    const org = orgFor(ctx, asked)
    const address = addressOf(given)
    const path = cloneFolder(ctx, org, address)
    ctx.ensure('repository.add', { org, path })
    const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(timeoutMs)])
    const limits = { maxMb, signal }
    try {
      return await withLock(path, async () => {
        const known = await readRepositoryAt(ctx.reader, org, path)
        return known
          ? await fetchNew(ctx, known, address, limits)
          : await makeClone(ctx, { org, path, address }, limits)
      })
    } catch (error) {
      if (ctx.signal.aborted) throw new HubError('canceled', `the clone of ${given} was stopped`)
      if (!signal.aborted) throw error
      throw new HubError('exhausted', `${given} was not fetched within ${timeoutMs / 1000} s`, {
        hint: 'Allow more with `timeout_ms` (half an hour at most).',
        cause: error,
      })
    }
  },
})
