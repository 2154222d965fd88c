import { git, gitRaw } from '../../../servers/kit/git.ts'
import { commitAll, makeRepo, writeFiles } from '../repo.ts'

/** A forge with two accounts: `owner`, a person with repositories, and `hub`, whose token a hub has. */
export type Forge = {
  url: string
  tokens: { owner: string; hub: string }
  /** Login of the account that a hub has the token of. */
  hub: string
}

/** Variable in which a hub under test finds its token. */
export const tokenEnv = 'TEST_FORGE_TOKEN'

/** A request of the owner's, by hand. */
export async function askAsOwner(
  { url, tokens }: Forge,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `token ${tokens.owner}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** A repository on the forge as the contract of providers wants it, with the owner's checkout of it. */
export async function makeForgeRepository(forge: Forge, files?: Record<string, string>) {
  const { url, tokens, hub } = forge
  process.env[tokenEnv] = tokens.hub
  const path = await makeRepo(files)
  const name = `thing-${Math.random().toString(36).slice(2, 10)}`
  const full = `/repos/owner/${name}`
  await askAsOwner(forge, 'POST', '/user/repos', { name, default_branch: 'main' })
  await askAsOwner(forge, 'PUT', `${full}/collaborators/${hub}`, { permission: 'write' })
  await git(['-C', path, 'remote', 'add', 'origin', `${url}/owner/${name}.git`])
  const withToken = async (...args: string[]) => {
    const credentials = Buffer.from(`owner:${tokens.owner}`).toString('base64')
    const allowed = ['-c', 'protocol.http.allow=always']
    const header = ['-c', `http.extraHeader=Authorization: Basic ${credentials}`]
    const result = await gitRaw(['-C', path, ...allowed, ...header, ...args])
    if (result.exitCode !== 0) throw new Error(result.stderr.toString('utf8'))
  }
  await withToken('push', '--quiet', 'origin', 'main')
  const fresh = async (branch: string) => {
    await withToken('fetch', '--quiet', 'origin', `+refs/heads/${branch}:refs/looked/${branch}`)
    return `refs/looked/${branch}`
  }
  return {
    path,
    /** Its path in the interface of the forge. */
    full,
    config: { forges: { test: { url, tokenEnv } } },
    proposeForeign: async (added: Record<string, string>, title: string) => {
      const revise = async (more: Record<string, string>) => {
        await git(['-C', path, 'checkout', '--quiet', 'theirs'])
        writeFiles(path, more)
        const head = await commitAll(path, title)
        await withToken('push', '--quiet', 'origin', 'theirs')
        await git(['-C', path, 'checkout', '--quiet', 'main'])
        return head
      }
      await git(['-C', path, 'branch', '--quiet', 'theirs', 'main'])
      await revise(added)
      const asked = { title, body: 'Why', head: 'theirs', base: 'main' }
      const { number } = (await askAsOwner(forge, 'POST', `${full}/pulls`, asked)) as {
        number: number
      } // As the interface has it.
      const say = async (body: string) =>
        void (await askAsOwner(forge, 'POST', `${full}/issues/${number}/comments`, { body }))
      return { handle: String(number), author: 'test:owner', revise, say }
    },
    isDraft: async ({ branch }: { branch: string }) => {
      const pulls = (await askAsOwner(forge, 'GET', `${full}/pulls?state=open&page=1`)) as {
        title: string
        head: { ref: string }
      }[] // As the interface has them.
      return pulls.some(({ title, head }) => head.ref === branch && title.startsWith('WIP: '))
    },
    read: async (branch: string, file: string) =>
      git(['-C', path, 'show', `${await fresh(branch)}:${file}`]),
    commits: async (branch: string) =>
      (await git(['-C', path, 'rev-list', await fresh(branch)])).trim().split('\n'),
    /** Commits and pushes, to `main` or another branch that is checked out. */
    commit: async (added: Record<string, string>, branch = 'main') => {
      writeFiles(path, added)
      await commitAll(path, 'other work')
      await withToken('push', '--quiet', 'origin', branch)
    },
  }
}
