import { HubError } from '../../../schemas/errors.ts'

const patienceMs = 15_000
const maxMoves = 3
const maxBytes = 1024 * 1024

/**
 * The `fetch` for addresses that an upstream names, such as its authorization server. One on the
 * internet cannot make the hub talk to what listens on this machine, and credentials follow no
 * redirect. https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices
 */
export const carefulFetch =
  (upstream: string) =>
  async (address: string | URL, init: RequestInit = {}): Promise<Response> => {
    const isNear = isLoopback(new URL(upstream))
    const signal = AbortSignal.timeout(patienceMs)
    let url = new URL(address)
    for (let moves = 0; ; moves++) {
      assertAllowed(url, isNear)
      const answer = await fetch(url, { ...init, signal, redirect: 'manual' })
      const moved = answer.headers.get('location')
      const mayFollow = (init.method ?? 'GET') === 'GET' && moves < maxMoves
      if (answer.status < 300 || answer.status > 399 || moved === null || !mayFollow)
        return bounded(answer)
      await answer.body?.cancel()
      url = new URL(moved, url)
    }
  }

/** The answer with its whole body read, which nobody can make endless. */
async function bounded(answer: Response): Promise<Response> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxBytes)
      throw new HubError('exhausted', 'the authorization server sent more than a megabyte')
  }
  const { status, headers } = answer
  return new Response(size === 0 ? null : Buffer.concat(chunks), { status, headers })
}

function assertAllowed(url: URL, isNear: boolean): void {
  if (url.protocol === 'https:' && (isNear || !isLoopback(url))) return
  if (url.protocol === 'http:' && isNear && isLoopback(url)) return
  throw new HubError('denied', `the upstream names ${url.origin} for its sign-in`, {
    hint: 'It has to be an https address, and on this machine only for an upstream on this machine.',
  })
}

const isLoopback = ({ hostname }: URL) =>
  /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
