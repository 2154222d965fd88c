import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { HubError } from '../../../../schemas/errors.ts'
import { withLock } from '../../../kit/locks.ts'
import type { ProviderContext } from '../provider.ts'
import type { Patch } from './patch.ts'
import type { RadRepository } from './rad-repository.ts'
import type { RadEnvironment } from './rad.ts'
import { rad } from './rad.ts'

/** A key of this hub with what its programs need to find it, and the home whose storage it shares. */
export type Identity = { nid: string; env: RadEnvironment; sharedWith: string }

/**
 * The keys under which this hub acts: one for its people and controllers, and one for the agents of
 * each org, so that who writes a patch is not who reviews it. Agents have none of their own: a key
 * is for ever a namespace in every copy of the repository, and an agent is gone within the hour.
 *
 * A key has a Radicle home in the data directory, made when it is first needed, readable by the
 * owner alone and without a passphrase, as the hub's other secrets are. Its storage is that of the
 * person who runs the hub, where there is one: what the hub does is there for them at once, and is
 * announced by their node, without a node of its own. Nothing else of that home is touched.
 */
export async function identityFor(
  ctx: Pick<ProviderContext, 'dataDir' | 'config' | 'principal'>,
  org: string,
): Promise<Identity> {
  const { kind } = ctx.principal
  return openIdentity(ctx, kind === 'agent' ? agentsOf(org) : people)
}

/** The node ids of all keys of this hub that exist. */
export async function ownNodeIds(ctx: Pick<ProviderContext, 'dataDir'>): Promise<Set<string>> {
  const root = join(ctx.dataDir, 'radicle')
  const names = (await readdir(root).catch(() => [])).filter((name) => !name.endsWith('.new'))
  const ids = await Promise.all(names.map((name) => nodeId({ RAD_HOME: join(root, name) })))
  return new Set(ids)
}

/** The identity that wrote something, if it is one of this hub's; else the one that acts. */
export async function identityOf(
  ctx: Pick<ProviderContext, 'dataDir' | 'config' | 'principal'>,
  org: string,
  author: string,
): Promise<Identity> {
  const me = await identityFor(ctx, org)
  if (me.nid === author) return me
  for (const name of [people, agentsOf(org)]) {
    if (!existsSync(join(ctx.dataDir, 'radicle', name))) continue
    const other = await openIdentity(ctx, name)
    if (other.nid === author) return other
  }
  return me
}

/** Who may say of a patch that it is a draft, ready or archived: its author, where that is ours, or a delegate. */
export async function stateKeeper(
  ctx: Pick<ProviderContext, 'dataDir' | 'config' | 'principal'>,
  org: string,
  { delegates, rid }: Pick<RadRepository, 'delegates' | 'rid'>,
  { handle, patch }: { handle: string; patch: Pick<Patch, 'author'> },
): Promise<Identity> {
  const keeper = await identityOf(ctx, org, patch.author)
  if (keeper.nid === patch.author || delegates.includes(keeper.nid)) return keeper
  throw new HubError(
    'conflict',
    `patch ${handle} of ${rid} is somebody else's, and this hub (did:key:${keeper.nid}) is no delegate`,
    {
      hint: `Its author or a delegate says so, with \`rad patch ready\` or \`rad patch archive\`.`,
    },
  )
}

const people = 'hub'
const agentsOf = (org: string) => `agents-${org}`

async function openIdentity(
  ctx: Pick<ProviderContext, 'dataDir' | 'config'>,
  name: string,
): Promise<Identity> {
  const home = join(ctx.dataDir, 'radicle', name)
  const theirs = userHome(ctx)
  await withLock(home, async () => {
    if (isComplete(home)) return
    const shared = existsSync(join(theirs, 'storage')) ? join(theirs, 'storage') : undefined
    const own = join(ctx.dataDir, 'radicle', people, 'storage')
    if (name !== people && shared === undefined) await openIdentity(ctx, people)
    const storage = shared ?? (name === people ? undefined : own)
    await (existsSync(home) ? completeHome(home, storage) : makeHome(home, name, storage))
  })
  const hubSocket = join(ctx.dataDir, 'radicle', people, 'node', 'control.sock')
  const socket = existsSync(hubSocket) ? hubSocket : join(theirs, 'node', 'control.sock')
  const env = { RAD_HOME: home, RAD_SOCKET: socket }
  return { env, nid: await nodeId(env), sharedWith: theirs }
}

/** The home of the person who runs the hub: what they told it, or what their own `rad` uses. */
const userHome = ({ config }: Pick<ProviderContext, 'config'>): string =>
  config.file.radicle.home ?? process.env.RAD_HOME ?? join(homedir(), '.radicle')

/** A crash half-way leaves nothing behind but a temporary folder. */
async function makeHome(home: string, name: string, storage: string | undefined): Promise<void> {
  const temporary = `${home}.new`
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true, mode: 0o700 })
  if (storage !== undefined) await symlink(storage, join(temporary, 'storage'))
  const alias = `switchyard-${name}`.slice(0, 32)
  await rad({ RAD_HOME: temporary }, ['auth', '--alias', alias, '--stdin'], { input: '\n' })
  await rename(temporary, home)
}

const cacheOf = (home: string) => join(home, 'cobs', 'cache.db')

const isComplete = (home: string) => existsSync(join(home, 'storage')) && existsSync(cacheOf(home))

/** A backup holds the keys of a home, and neither its caches nor the storage of somebody else. */
async function completeHome(home: string, storage: string | undefined): Promise<void> {
  if (!existsSync(join(home, 'storage'))) {
    await rm(join(home, 'storage'), { force: true }) // A link to where nothing is any more.
    await (storage === undefined
      ? mkdir(join(home, 'storage'))
      : symlink(storage, join(home, 'storage')))
  }
  if (!existsSync(cacheOf(home))) await rad({ RAD_HOME: home }, ['cob', 'migrate'])
}

const nodeIds = new Map<string, string>()

async function nodeId(env: RadEnvironment): Promise<string> {
  const home = env.RAD_HOME ?? ''
  const known = nodeIds.get(home)
  if (known !== undefined) return known
  const did = (await rad(env, ['self', '--did'])).trim()
  const nid = did.replace(/^did:key:/, '')
  nodeIds.set(home, nid)
  return nid
}
