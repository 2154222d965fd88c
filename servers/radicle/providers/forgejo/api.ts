import { z } from 'zod'
import type { ErrorCode } from '../../../../schemas/errors.ts'
import { HubError } from '../../../../schemas/errors.ts'
import { pause } from '../../../kit/clock.ts'
import type { ProviderContext } from '../provider.ts'

const timeoutMs = 30_000
const maxBytes = 8 * 1024 * 1024
const pauseMs = 250

/** A repository on a forge, with what it takes to speak of it there. */
export type Place = {
  /** Name of the forge in `switchyard.json`. */
  forge: string
  /** Address of the forge, without a slash at its end. */
  url: string
  token: string
  owner: string
  name: string
}

type Asked = { method?: string; body?: Record<string, unknown>; signal: AbortSignal }

/**
 * One request to the interface of a repository; `path` begins after `/repos/OWNER/NAME`. A redirect
 * is an error, because the token would follow it.
 */
export async function ask<T extends z.ZodType>(
  place: Place,
  path: string,
  shape: T,
  { method = 'GET', body, signal }: Asked,
): Promise<z.infer<T>> {
  const { url, owner, name, token, forge } = place
  const repository = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`
  const address = `${url}/api/v1${path.startsWith('//') ? path.slice(1) : `${repository}${path}`}`
  let response: Response
  try {
    response = await fetch(address, {
      method,
      redirect: 'error',
      headers: {
        accept: 'application/json',
        authorization: `token ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
  } catch (error) {
    if (signal.aborted)
      throw new HubError('canceled', `the question to the forge ${forge} was stopped`)
    throw new HubError('unavailable', `the forge ${forge} at ${url} did not answer`, {
      hint: 'The same call may be sent again.',
      cause: error,
    })
  }
  const text = await readBounded(response, forge)
  if (!response.ok) throw refusal(place, `${method} ${path}`, response.status, text)
  return shape.parse(text === '' ? null : JSON.parse(text))
}

/** Every page of a list, up to that many items. */
export async function askAll<T extends z.ZodType>(
  place: Place,
  path: string,
  item: T,
  { most, signal }: { most: number; signal: AbortSignal },
): Promise<z.infer<T>[]> {
  const all: z.infer<T>[] = []
  const size = 50
  for (let page = 1; all.length < most; page++) {
    const between = path.includes('?') ? '&' : '?'
    const asked = `${path}${between}page=${page}&limit=${size}`
    const items = await ask(place, asked, z.array(item).nullable(), { signal })
    all.push(...(items ?? []))
    if ((items ?? []).length < size) break
  }
  return all.slice(0, most)
}

/** Asks again for a while when the forge answers with that status, because it has not caught up. */
export async function patiently<T>(
  { clock, signal }: Pick<ProviderContext, 'clock' | 'signal'>,
  { status, tries }: { status: number; tries: number },
  work: () => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      const answered = error instanceof HubError ? error.details?.status : undefined
      if (answered !== status || tried >= tries || signal.aborted) throw error
      await pause(clock, pauseMs * tried, signal)
    }
  }
}

async function readBounded(response: Response, forge: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array // What a body is made of.
    size += bytes.length
    if (size > maxBytes)
      throw new HubError('failed', `the forge ${forge} answered with more than ${maxBytes} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const Refusal = z.object({ message: z.string() })

function refusal(place: Place, what: string, status: number, text: string): HubError {
  const { forge, owner, name } = place
  const parsed = Refusal.safeParse(jsonOf(text))
  const said = parsed.success ? parsed.data.message : text.slice(0, 500)
  const [code, hint] = meaningOf(status)
  return new HubError(
    code,
    `the forge ${forge} answered ${what} of ${owner}/${name} with ${status}: ${said}`,
    { ...(hint === undefined ? {} : { hint }), details: { status } },
  )
}

function meaningOf(status: number): [ErrorCode, string?] {
  if (status === 401 || status === 403)
    return ['denied', 'Its token needs read and write access to repository, issue and user.']
  if (status === 404) return ['not_found', 'Look whether the token may see that repository.']
  if (status === 429) return ['exhausted', 'Wait a while and send the same call again.']
  if (status >= 500) return ['unavailable', 'The same call may be sent again.']
  return ['conflict']
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // A proxy's page; its text is shown.
  }
}
