import type { UpstreamConfig } from '../../schemas/upstream.ts'
import type { Channel, ChannelEvents } from './channel.ts'
import { resolveReferences } from './references.ts'
import type { SignIn } from './sign-in/sign-in.ts'
import { StdioChannel } from './stdio-channel.ts'

/** Environment variable that child processes carry, with the data directory of their hub. */
export const marker = 'SWITCHYARD_UPSTREAM'

export type ChannelOptions = {
  environment: Record<string, string | undefined>
  /** Value of the marker. */
  mark: string
  /** How the hub authenticates where no credential is configured. */
  signIn: SignIn | undefined
}

/** The HTTP ones are loaded when needed: a hub without such upstreams does not pay for the library. */
export async function openChannel(
  config: UpstreamConfig,
  { environment, mark, signIn }: ChannelOptions,
  events: ChannelEvents,
): Promise<Channel> {
  const { command = '', args, env, cwd, url, headers, type } = config
  if (url === undefined) {
    const all = { ...resolveReferences(env, environment), [marker]: mark }
    return new StdioChannel({ command, args, env: all, cwd }, events)
  }
  const address = { url, headers: resolveReferences(headers, environment), signIn }
  if (type === 'sse') {
    const { SseChannel } = await import('./sse-channel.ts')
    return new SseChannel(address, events)
  }
  const { HttpChannel } = await import('./http-channel.ts')
  return new HttpChannel(address, events)
}
