import { clientFor, parseSettings } from './settings.ts'

/** `switchyard login`: a link that signs a browser in once. */
export async function login(args: string[]): Promise<number> {
  const { settings } = parseSettings(args, {})
  const { url } = await clientFor(settings).call<{ url: string }>('login_link')
  process.stdout.write(`${url}\n`)
  return 0
}
