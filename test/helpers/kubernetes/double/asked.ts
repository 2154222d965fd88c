import type { IncomingMessage } from 'node:http'
import type { Kept } from './objects.ts'
import { isTerminal } from './objects.ts'

/** A request in the words of the API. */
export type Asked = {
  method: string
  url: URL
  plural: string
  namespace: string | undefined
  name: string | undefined
  part: string | undefined
  body: Record<string, unknown>
}

/** Whether an object is among those that were asked for. */
export const selects = ({ url }: Asked) => {
  const labels = (url.searchParams.get('labelSelector') ?? '')
    .split(',')
    .filter(Boolean)
    .map((one) => one.split('='))
  const isUnfinished =
    url.searchParams.get('fieldSelector')?.includes('status.phase!=Succeeded') ?? false
  return (object: Kept) => {
    const own = (object.metadata.labels ?? {}) as Record<string, string> // As they were sent.
    return (
      labels.every(([name = '', value]) =>
        value === undefined ? name in own : own[name] === value,
      ) && !(isUnfinished && isTerminal(object))
    )
  }
}

export function parse(method: string, address: string, body: Record<string, unknown>): Asked {
  const url = new URL(address, 'http://double')
  const [, inside = ''] = /^(?:\/api\/v1|\/apis\/[^/]+\/[^/]+)\/(.*)$/.exec(url.pathname) ?? []
  const [, namespace, below = ''] = /^namespaces\/([^/]+)\/(.+)$/.exec(inside) ?? []
  const [plural = '', name, part] = (namespace === undefined ? inside : below).split('/')
  return { method, url, plural, namespace, name, part, body }
}

export async function askedOf(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // What a request is made of.
  const text = Buffer.concat(chunks).toString('utf8')
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) // The hub's object.
  return parse(request.method ?? '', request.url ?? '', body)
}

export const configOf = (port: number, token: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'test', cluster: { server: `http://127.0.0.1:${port}` } }],
  users: [{ name: 'test', user: { token } }],
  contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
})

/** An object with what a patch says of it; of a list only the first is named here. */
export function merged<T>(known: T, patch: unknown): T {
  if (Array.isArray(known) && Array.isArray(patch))
    return known.map((item: unknown, at) =>
      at < patch.length ? merged(item, patch[at]) : item,
    ) as T // The same list.
  if (typeof known !== 'object' || known === null || typeof patch !== 'object' || patch === null)
    return patch as T // What the API would check.
  const result = { ...known } as Record<string, unknown> // An object.

  for (const [name, value] of Object.entries(patch))
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  return result as T // With fields of its own.
}
