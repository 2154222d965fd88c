import { HubError } from '../../schemas/errors.ts'
import type { Upstream } from '../../schemas/upstream.ts'
import type { HubClient } from '../../agent/hub-client.ts'
import { clientFor, parseSettings } from './settings.ts'

const patienceMs = 10 * 60_000

/** `switchyard login`: a link that signs a browser in once. With a server's name: one that signs the hub in there. */
export async function login(args: string[]): Promise<number> {
  const { settings, values, positionals } = parseSettings('login', args)
  const client = clientFor(settings)
  const [server] = positionals
  if (server !== undefined) return signIn(client, server, values.answer)
  const { url } = await client.call<{ url: string }>('login_link')
  process.stdout.write(`${url}\n`)
  return 0
}

/** Prints the link and waits until a person has used it. */
async function signIn(
  client: HubClient,
  server: string,
  answer: string | boolean | undefined,
): Promise<number> {
  const given = answer === undefined ? {} : { answer }
  const before = await stateOf(client, server)
  const { link } = await client.call<{ link?: string }>('server_login', { server, ...given })
  if (link === undefined) {
    process.stdout.write(`${server} is signed in\n`)
    return 0
  }
  process.stdout.write(`${link}\n`)
  process.stderr.write(
    `Open this link. Where the browser cannot reach this hub: switchyard login ${server} --answer 'THE ADDRESS IT ENDED AT'\n`,
  )
  if (before?.state === 'ready') return 0 // It serves already: there is nothing to see when it is done.
  const deadline = performance.now() + patienceMs
  while (performance.now() < deadline) {
    const now = await stateOf(client, server)
    if (now?.state === 'ready') {
      process.stdout.write(`${server} is signed in: ${now.tools} tools\n`)
      return 0
    }
    if (now?.state === 'degraded') throw new HubError('unavailable', now.reason ?? 'it is degraded')
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new HubError('unavailable', `nobody used the link within ten minutes`, {
    hint: `Run \`switchyard login ${server}\` again.`,
  })
}

async function stateOf(client: HubClient, server: string): Promise<Upstream | undefined> {
  const { items } = await client.call<{ items: Upstream[] }>('server_list')
  return items.find(({ name }) => name === server)
}
