import { HubError } from '../../../../schemas/errors.ts'
import { gitRaw } from '../../../kit/git.ts'
import type { ProviderContext } from '../provider.ts'
import type { Place } from './api.ts'

type Located = Omit<Place, 'token'> & { tokenEnv: string }

/** Where a repository is kept, if one of its remotes is on a forge that is configured; `origin` first. */
export async function findPlace(
  { config }: Pick<ProviderContext, 'config'>,
  path: string,
): Promise<Located | undefined> {
  const { forges } = config.file
  if (Object.keys(forges).length === 0) return undefined
  const result = await gitRaw(['-C', path, 'config', '--get-regexp', String.raw`^remote\..*\.url$`])
  const remotes = result.stdout
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .sort((a, b) => Number(isOrigin(b)) - Number(isOrigin(a)))
    .map((line) => line.slice(line.indexOf(' ') + 1))
  for (const remote of remotes) {
    const parts = partsOf(remote)
    for (const [forge, { url, tokenEnv }] of Object.entries(forges)) {
      if (parts?.host !== hostOf(url, remote)) continue
      const { owner, name } = parts
      return { forge, url: url.replace(/\/+$/, ''), owner, name, tokenEnv }
    }
  }
  return undefined
}

/** The same with its token, or a refusal that says what is missing. */
export async function placeOf(ctx: Pick<ProviderContext, 'config'>, path: string): Promise<Place> {
  const located = await findPlace(ctx, path)
  if (!located)
    throw new HubError('conflict', `${path} has no remote on a forge of switchyard.json any more`, {
      hint: 'Add the forge under "forges", or submit the next task: it is plain Git from then on.',
    })
  const { tokenEnv, ...place } = located
  const token = process.env[tokenEnv]
  if (token) return { ...place, token }
  throw new HubError('unsupported', `the forge ${place.forge} needs a token in ${tokenEnv}`, {
    hint: `Make an access token at ${place.url}/user/settings/applications, and start the hub with it in that variable.`,
  })
}

const isOrigin = (line: string) => line.startsWith('remote.origin.url ')

/** `https://HOST/OWNER/NAME.git`, `ssh://git@HOST:PORT/OWNER/NAME.git`, or `git@HOST:OWNER/NAME.git`. */
function partsOf(remote: string): { host: string; owner: string; name: string } | undefined {
  const short = /^(?:[\w.-]+@)?([\w.-]+):(?!\/)(.+)$/.exec(remote)
  const url = !remote.includes('://') && short ? `ssh://${short[1]}/${short[2]}` : remote
  if (!URL.canParse(url)) return undefined
  const { protocol, host, hostname, pathname } = new URL(url)
  const [owner, name] = pathname
    .replace(/\.git$/, '')
    .split('/')
    .filter(Boolean)
    .slice(-2)
  if (owner === undefined || name === undefined) return undefined
  return { host: protocol === 'ssh:' ? hostname : host, owner, name }
}

/** SSH has a port of its own, so there the name of the host is compared alone. */
function hostOf(url: string, remote: string): string {
  const { host, hostname } = new URL(url)
  return /^https?:/.test(remote) ? host : hostname
}
