import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import { gitRaw } from '../../../kit/git.ts'
import type { ProviderContext } from '../provider.ts'
import type { Identity } from './identities.ts'
import { identityFor } from './identities.ts'
import { rad, requireRad } from './rad.ts'

const remote = /^rad:\/\/(z[1-9A-HJ-NP-Za-km-z]{20,64})(\/z[1-9A-HJ-NP-Za-km-z]{40,64})?$/

const Rule = z.object({
  allow: z.union([z.literal('delegates'), z.array(z.string())]),
  threshold: z.int(),
})
const Document = z.object({
  delegates: z.array(z.string()),
  threshold: z.int(),
  payload: z.object({
    'xyz.radicle.project': z.object({ defaultBranch: z.string() }),
    'xyz.radicle.crefs': z.object({ rules: z.record(z.string(), Rule).default({}) }).optional(),
  }),
})

/** Who may move a branch, and how many of them it takes; the ids are those of nodes. */
type Quorum = { nodes: string[]; threshold: number }

/** A repository in Radicle's storage, as one identity of this hub works with it. */
export type RadRepository = {
  /** Its id, such as `rad:z42hL2jL4XNk6K8oHQaSWfMgCL7ji`. */
  rid: string
  me: Identity
  defaultBranch: string
  delegates: string[]
  quorumOf(branch: string): Quorum
}

/** The id in the `rad` remote of a repository, if it has one. */
export async function radIdOf(path: string): Promise<string | undefined> {
  const result = await gitRaw(['-C', path, 'config', '--get', 'remote.rad.url'])
  const id = remote.exec(result.stdout.toString('utf8').trim())?.[1]
  return id === undefined ? undefined : `rad:${id}`
}

export async function openRadRepository(
  ctx: Pick<ProviderContext, 'dataDir' | 'config' | 'principal'>,
  { org, path }: { org: string; path: string },
): Promise<RadRepository> {
  const rid = await radIdOf(path)
  if (rid === undefined)
    throw new HubError('conflict', `${path} has no \`rad\` remote any more`, {
      hint: 'Add it with `rad remote add`, or submit the next task: it is plain Git from then on.',
    })
  await requireRad()
  const me = await identityFor(ctx, org)
  const storage = storageOf({ me, rid })
  if (!existsSync(storage))
    throw new HubError('not_found', `the storage of Radicle has no ${rid}: ${storage}`, {
      hint: `Run \`rad seed ${rid}\` with a node that runs, or name the Radicle home that has it as "radicle": {"home": …} in switchyard.json before the first use.`,
    })
  const { delegates, threshold, payload } = Document.parse(
    JSON.parse(await rad(me.env, ['inspect', '--identity', rid])),
  )
  const nodes = delegates.map(toNode)
  const rules = payload['xyz.radicle.crefs']?.rules ?? {}
  return {
    rid,
    me,
    defaultBranch: payload['xyz.radicle.project'].defaultBranch,
    delegates: nodes,
    quorumOf: (branch) => {
      const rule = rules[`refs/heads/${branch}`]
      if (!rule) return { nodes, threshold }
      return {
        nodes: rule.allow === 'delegates' ? nodes : rule.allow.map(toNode),
        threshold: rule.threshold,
      }
    },
  }
}

const toNode = (did: string) => did.replace(/^did:key:/, '')

/** The bare Git repository in which Radicle keeps it, with the refs of every node. */
export const storageOf = ({ me, rid }: Pick<RadRepository, 'me' | 'rid'>): string =>
  join(me.env.RAD_HOME ?? '', 'storage', rid.slice('rad:'.length))
