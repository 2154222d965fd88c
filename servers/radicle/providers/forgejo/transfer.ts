import { HubError } from '../../../../schemas/errors.ts'
import { gitRaw } from '../../../kit/git.ts'
import type { RunResult } from '../../../kit/run.ts'
import type { GitCopy } from '../../git/copy.ts'
import { ensureCopy } from '../../git/copy.ts'
import type { Place } from './api.ts'

/** Brings branches and tags of the forge up to date in the hub's copy. */
export async function fetchAll(place: Place, copy: GitCopy): Promise<void> {
  const fetch = async ({ dir }: GitCopy) => {
    const options = ['--quiet', '--prune', '--no-tags', '--no-write-fetch-head']
    const refs = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
    const args = ['--git-dir', dir, 'fetch', ...options, addressOf(place), ...refs]
    succeed(await remoteGit(place, args), `${place.owner}/${place.name} could not be read`)
  }
  await ensureCopy(copy, fetch)
  await fetch(copy)
}

/** Brings the head of a pull request into the hub's copy, from whichever repository it comes. */
export async function fetchHead(place: Place, copy: GitCopy, pull: string): Promise<void> {
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head']
  const ref = `refs/pull/${pull}/head`
  const args = ['--git-dir', copy.dir, 'fetch', ...options, addressOf(place), `+${ref}:${ref}`]
  succeed(await remoteGit(place, args), `${ref} of ${place.owner}/${place.name} could not be read`)
}

export async function push(place: Place, copy: GitCopy, refspec: string): Promise<void> {
  const args = ['--git-dir', copy.dir, 'push', '--quiet', addressOf(place), refspec]
  const [, target = ''] = refspec.split(':')
  succeed(await remoteGit(place, args), `${target} of ${place.owner}/${place.name} was refused`)
}

const addressOf = ({ url, owner, name }: Place) => `${url}/${owner}/${name}.git`

/** The token goes by the environment: arguments of a program are there for everybody to read. */
function remoteGit({ url, token }: Place, args: string[]): Promise<RunResult> {
  const credentials = Buffer.from(`token:${token}`).toString('base64')
  const settings = [
    [`protocol.${new URL(url).protocol.slice(0, -1)}.allow`, 'always'],
    [`http.${url}/.extraHeader`, `Authorization: Basic ${credentials}`],
    ['http.followRedirects', 'false'],
  ]
  const env = Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(settings.length)],
    ...settings.flatMap(([key = '', value = ''], n) => [
      [`GIT_CONFIG_KEY_${n}`, key],
      [`GIT_CONFIG_VALUE_${n}`, value],
    ]),
  ]) as Record<string, string> // Pairs of texts.
  return gitRaw(args, { env, timeoutMs: 600_000 })
}

function succeed({ exitCode, stderr }: RunResult, what: string): void {
  if (exitCode === 0) return
  const said = stderr.toString('utf8').trim().slice(0, 1000)
  const isAway = /Could not resolve host|Failed to connect|timed out/i.test(said)
  throw new HubError(isAway ? 'unavailable' : 'conflict', `${what}: ${said}`)
}
