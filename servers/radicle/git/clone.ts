import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HubError } from '../../../schemas/errors.ts'
import type { Repository } from '../../../schemas/repo.ts'
import type { Context } from '../../kit/context.ts'
import { git, gitRaw } from '../../kit/git.ts'
import { addRepository } from '../../kit/store/repositories.ts'
import { detectProvider, providerOf } from '../providers/providers.ts'
import type { Address } from './clone-address.ts'
import { copyOf } from './copy.ts'

type Limits = { maxMb: number; signal: AbortSignal }
type Place = { org: string; path: string; address: Address }

const lookMs = 500
const gitMs = 1_800_000

/**
 * Makes the clone of a repository and has its org know it. It is in place once it is whole; what a
 * crash leaves is a folder that the next call removes.
 */
export async function makeClone(
  ctx: Context,
  { org, path, address }: Place,
  limits: Limits,
): Promise<Repository> {
  const made = `${path}.new`
  await rm(made, { recursive: true, force: true })
  await rm(path, { recursive: true, force: true }) // Nobody knows it.
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await git(['init', '--quiet', '--template=', '--initial-branch=main', made])
  const id = ctx.id('repo')
  try {
    await git(['-C', made, 'remote', 'add', address.remote, address.url])
    const kind = await detectProvider(ctx, made)
    const repository = { id, org, path: made, provider: kind.name }
    const provider = kind.open(ctx, repository)
    const isPlain = kind.name === 'local'
    if (isPlain) await fetchInto(made, address, limits)
    else await provider.refresh()
    limits.signal.throwIfAborted()
    const branch = isPlain ? await headOf(made, address, limits) : await provider.currentBranch()
    if (!isPlain) await fetchFromCopy(copyOf(ctx, repository).dir, made)
    await git(['-C', made, 'checkout', '--quiet', '-B', branch, `refs/remotes/origin/${branch}`])
    if (isPlain) await addBranches(made)
    await rename(made, path)
    const row = { ...repository, path, defaultBranch: branch }
    return await ctx.transaction((tx) => addRepository(tx, row))
  } catch (error) {
    await rm(made, { recursive: true, force: true })
    await rm(copyOf(ctx, { id, org, path }).dir, { recursive: true, force: true })
    throw error
  }
}

/** Fetches what is new. Branches that went on here keep what they have: nothing of an org is lost. */
export async function fetchNew(
  ctx: Context,
  known: Repository,
  address: Address,
  limits: Limits,
): Promise<Repository> {
  const { path } = known
  if (known.provider === 'local') await fetchInto(path, address, limits)
  else {
    await providerOf(ctx, known).refresh()
    await fetchFromCopy(copyOf(ctx, known).dir, path)
  }
  if (known.provider === 'local') await addBranches(path)
  return known
}

/** Every branch of the server as one of the clone, moved on where it only has to catch up. */
async function addBranches(path: string): Promise<void> {
  const format = '--format=%(refname:lstrip=3)'
  const listed = await git(['-C', path, 'for-each-ref', format, 'refs/remotes/origin'])
  const current = (await git(['-C', path, 'symbolic-ref', '--short', 'HEAD'])).trim()
  for (const branch of listed.split('\n').filter((name) => name !== '' && name !== 'HEAD')) {
    const from = `refs/remotes/origin/${branch}`
    // A branch that went another way refuses this, and stays.
    if (branch === current) await gitRaw(['-C', path, 'merge', '--quiet', '--ff-only', from])
    else await gitRaw(['-C', path, 'fetch', '--quiet', '.', `${from}:refs/heads/${branch}`])
  }
}

const refs = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
const options = [
  '--quiet',
  '--prune',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-recurse-submodules',
]

const fetchFromCopy = (copy: string, path: string): Promise<string> =>
  git(['-C', path, 'fetch', ...options, copy, '+refs/remotes/origin/*:refs/remotes/origin/*'])

/** Fetches from a server that anybody may have set up: no redirects, and an end to what it sends. */
async function fetchInto(path: string, { url }: Address, { maxMb, signal }: Limits): Promise<void> {
  const tooLarge = new AbortController()
  const before = await packedBytes(path)
  const most = maxMb * 1024 * 1024
  const watching = setInterval(() => {
    packedBytes(path).then(
      (bytes) => bytes - before > most && tooLarge.abort(),
      () => undefined, // Git moves a pack while it is looked at; the next look sees it.
    )
  }, lookMs)
  try {
    const stopped = AbortSignal.any([signal, tooLarge.signal])
    // Kept as it is sent, where it can be measured; few objects would be unpacked.
    const kept = ['-c', 'fetch.unpackLimit=1']
    await remote(path, url, [...kept, 'fetch', ...options, url, ...refs], stopped)
  } catch (error) {
    if (!tooLarge.signal.aborted) throw error
  } finally {
    clearInterval(watching)
  }
  const isTooLarge = tooLarge.signal.aborted || (await packedBytes(path)) - before > most
  if (!isTooLarge) return
  throw new HubError('exhausted', `${url} sent more than ${maxMb} MB`, {
    hint: 'Allow more with `max_mb`.',
  })
}

async function headOf(path: string, { url }: Address, { signal }: Limits): Promise<string> {
  const said = await remote(path, url, ['ls-remote', '--symref', url, 'HEAD'], signal)
  const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(said)?.[1]
  if (branch !== undefined) return branch
  throw new HubError('invalid', `the repository at ${url} has no commits on its main branch`, {
    hint: 'Commit something there first.',
  })
}

async function remote(
  path: string,
  url: string,
  args: string[],
  signal: AbortSignal,
): Promise<string> {
  const protocol = new URL(url).protocol.slice(0, -1)
  const allowed = ['-c', `protocol.${protocol}.allow=always`, '-c', 'http.followRedirects=false']
  const result = await gitRaw(['-C', path, ...allowed, ...args], { timeoutMs: gitMs, signal })
  if (result.exitCode === 0) return result.stdout.toString('utf8')
  throw refusal(url, result.stderr.toString('utf8').trim().slice(0, 1000))
}

function refusal(url: string, said: string): HubError {
  const message = `${url} could not be fetched: ${said}`
  if (/Could not resolve host|Failed to connect|Connection (refused|reset)|timed out/i.test(said))
    return new HubError('unavailable', message, { hint: 'The same call may be sent again.' })
  if (/Authentication failed|could not read Username|error: 40[13]/i.test(said))
    return new HubError('denied', message, {
      hint: 'Name the forge with its token under "forges" in switchyard.json.',
    })
  if (/not found|error: 404|does not appear to be a git repository/i.test(said))
    return new HubError('not_found', message, { hint: 'Look at the address in a browser.' })
  if (/No space left on device/i.test(said)) return new HubError('exhausted', message)
  return new HubError('failed', message)
}

/** What is in packs, and in those that are being received. */
async function packedBytes(path: string): Promise<number> {
  const folder = join(path, '.git', 'objects', 'pack')
  const names = await readdir(folder)
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
