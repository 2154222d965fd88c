import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One request to an API server with its answer, without what differs from run to run. */
export type Exchange = {
  request: string
  /** Names in the query, and the fields of the body that was sent. */
  sent: string[]
  status: number
  /** The fields of the answer, as far as they are read here, each with its type. */
  answer: string[]
}

const file = join(import.meta.dirname, '../../fixtures/kubernetes/exchanges.json')

type Asked = { method: string; url: string; body: unknown }

export function exchangeOf(
  { method, url, body }: Asked,
  status: number,
  answer: unknown,
): Exchange {
  const { pathname, searchParams } = new URL(url, 'http://double')
  const verb = searchParams.get('watch') === 'true' ? 'WATCH' : method
  return {
    request: `${verb} ${wordsOf(pathname)}`,
    sent: [...[...searchParams.keys()].map((name) => `?${name}`), ...pathsOf(body)],
    status,
    answer: pathsOf(answer).filter((path) => isRead(path)),
  }
}

/** What an exchange says that none of the recorded ones for the same request does, if anything. */
export function differenceFrom(now: Exchange): string | undefined {
  const { exchanges } = JSON.parse(readFileSync(file, 'utf8')) as { exchanges: Exchange[] } // By the recorder.
  const like = exchanges.filter(
    ({ request, status }) => request === now.request && status === now.status,
  )
  if (like.length === 0) return `${now.request} → ${now.status} was never recorded`
  const asked = exchanges.filter(({ request }) => request === now.request)
  const sent = new Set(asked.flatMap((one) => one.sent))
  // An object has the same fields wherever it is read, listed, watched or deleted.
  const kind = kindOf(now.request)
  const alike = exchanges.filter(({ request, status }) => kindOf(request) === kind && status < 300)
  const seen = now.status < 300 ? alike : like
  const answer = new Set(seen.flatMap((one) => one.answer.map(bare)))
  const strange = [
    ...now.sent.filter((path) => !sent.has(path)),
    ...now.answer.filter((path) => !answer.has(bare(path))),
  ]
  return strange.length === 0
    ? undefined
    : `${now.request} → ${now.status}: never recorded: ${strange.join(', ')}`
}

const bare = (path: string) => path.replace(/^(object|items\[\])\./, '')
const kindOf = (request: string) => /\/([a-z]+)(\/NAME)?$/.exec(request)?.[1]

/** Puts an exchange with those of the same request and status: together they say all that was seen. */
export function note(into: Map<string, Exchange>, exchange: Exchange): void {
  const key = `${exchange.request} ${exchange.status}`
  const known = into.get(key)
  const union = (a: string[], b: string[] = []) => [...new Set([...a, ...b])].sort()
  into.set(key, {
    ...exchange,
    sent: union(exchange.sent, known?.sent),
    answer: union(exchange.answer, known?.answer),
  })
}

const wordsOf = (path: string) =>
  path
    .replace(/\/namespaces\/[\w.-]+/, '/namespaces/NAME')
    .replace(
      /(\/(?:pods|sandboxes|secrets|configmaps|nodes|serviceaccounts|roles|rolebindings|clusterroles|clusterrolebindings|clusters|resourcequotas|limitranges|networkpolicies|persistentvolumeclaims|localqueues|validatingadmissionpolic(?:ies|ybindings)))\/[\w.-]+/,
      '$1/NAME',
    )

const read =
  /^(object\.|items\[\]\.)?(kind|metadata\.(name|namespace|uid|resourceVersion|continue|deletionTimestamp|labels|ownerReferences)|spec\.(nodeName|unschedulable|taints|operatingMode)|status\.(phase|reason|message|conditions|containerStatuses|allocatable|allowed|token|expirationTimestamp|authenticated|audiences|user|error)|preferredVersion|data|status|message|reason|code|type|gitVersion|details)\b/

const isRead = (path: string) => read.test(path.replace(/:\w+$/, ''))

/** Every field with its type; names in maps that anybody may extend are one word. */
function pathsOf(value: unknown, at = ''): string[] {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object') return [`${at}:${typeof value}`]
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => pathsOf(item, `${at}[]`)))]
  const isOpen =
    /(?:^|\.|\])(labels|annotations|stringData|data|hard|requests|limits|allocatable|matchLabels|default|defaultRequest|managedFields|extra)$/.test(
      at,
    )
  const entries = Object.entries(value).filter(([name]) => name !== 'managedFields')
  const paths = entries.flatMap(([name, inner]) =>
    pathsOf(inner, [at, isOpen ? '*' : name].filter(Boolean).join('.')),
  )
  return [...new Set(paths)]
}
