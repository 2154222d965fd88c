import type { Forge } from './forge.ts'

/**
 * A real Forgejo or Gitea, as the environment names it: `SWITCHYARD_TEST_FORGE` is
 * `URL OWNER_TOKEN HUB_TOKEN HUB_LOGIN`, where the first token is of an account called `owner`.
 */
export function realForge({ SWITCHYARD_TEST_FORGE = '' } = process.env): Forge {
  const [url = '', owner = '', hubToken = '', hub = ''] = SWITCHYARD_TEST_FORGE.split(' ')
  return { url, tokens: { owner, hub: hubToken }, hub }
}
