import type { Finding } from '../../schemas/report.ts'

const maxAsked = 200
const atOnce = 6
const timeoutMs = 10_000

/** Addresses that documentation uses as examples, and that mean the reader's own machine. */
const isExample = (host: string) =>
  /^(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)$|(^|\.)(example|test|invalid|localhost)$|(^|\.)example\.(com|org|net)$/.test(
    host,
  )

type Place = { path: string; line: number }

/** Which of the addresses are to be asked, and how many are left out because there are too many. */
export function askable(external: Map<string, Place>): {
  asked: Map<string, Place>
  left: number
} {
  const real = [...external].filter(([url]) => {
    const host = URL.parse(url)?.hostname
    return host !== undefined && !isExample(host)
  })
  return { asked: new Map(real.slice(0, maxAsked)), left: Math.max(0, real.length - maxAsked) }
}

/**
 * Asks other sites whether pages are there, a few at a time. Gone is an error; a site that does not
 * answer, or wants a sign-in, is a note, since the link may be right.
 */
export async function askSites(urls: Map<string, Place>, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = []
  const waiting = [...urls]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [url, place] = next
      const trouble = await ask(url, signal)
      if (trouble)
        findings.push({
          rule: 'external-link',
          level: trouble.gone ? 'error' : 'note',
          message: `${url.slice(0, 250)} ${trouble.why}`.slice(0, 400),
          ...place,
        })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return findings
}

async function ask(
  url: string,
  signal: AbortSignal,
): Promise<{ gone: boolean; why: string } | undefined> {
  signal.throwIfAborted()
  try {
    // Many sites answer HEAD wrongly, so only what GET says counts against a link.
    const status =
      (await statusOf('HEAD', url, signal)) < 400 ? 200 : await statusOf('GET', url, signal)
    if (status < 400) return undefined
    const gone = status === 404 || status === 410
    return { gone, why: gone ? `is gone (${status})` : `could not be verified (${status})` }
  } catch (error) {
    signal.throwIfAborted()
    const reason =
      error instanceof Error && error.name === 'TimeoutError' ? 'no answer' : 'no connection'
    return { gone: false, why: `could not be verified (${reason})` }
  }
}

async function statusOf(method: 'HEAD' | 'GET', url: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(url, {
    method,
    redirect: 'follow',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    headers: { 'user-agent': 'switchyard-docops', accept: '*/*' },
  })
  await response.body?.cancel()
  return response.status
}
