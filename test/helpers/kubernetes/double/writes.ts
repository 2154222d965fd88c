import { evictedByApi, evictionRefusal, podRefusal, refusal } from './admission.ts'
import type { Asked } from './asked.ts'
import { selects } from './asked.ts'
import type { Kubelet } from './kubelet.ts'
import type { Kept, Objects } from './objects.ts'
import { isTerminal, keyOf } from './objects.ts'

export type Answer = { status: number; body: unknown }

export const notFound = ({ plural, name }: Asked): Answer => ({
  status: 404,
  body: refusal(404, 'NotFound', `${plural} "${name}" not found`),
})

/** What makes, evicts and removes objects as the API server does, and how it gives lists. */
export function writesTo(objects: Objects, kubelet: Kubelet, created: (kept: Kept) => void) {
  const create = (asked: Asked): Answer => {
    const { url, plural, namespace, body } = asked
    const object = body as Kept // As the hub sends it.
    const key = keyOf(plural, namespace, object.metadata.name)
    if (namespace !== undefined && !objects.get(keyOf('namespaces', undefined, namespace)))
      return notFound({ ...asked, plural: 'namespaces', name: namespace })
    const refused = plural === 'pods' ? podRefusal(objects, object) : undefined
    if (refused) return { status: refused.code, body: refused }
    if (objects.get(key)) {
      const message = `${plural} "${object.metadata.name}" already exists`
      return { status: 409, body: refusal(409, 'AlreadyExists', message) }
    }
    const isPod = plural === 'pods'
    const made = isPod ? { ...object, status: { phase: 'Pending' } } : object
    if (url.searchParams.get('dryRun') === 'All') return { status: 201, body: made }
    const kept = objects.set(key, made)
    created(kept)
    setImmediate(() => {
      for (const pod of objects.list('pods', namespace)) kubelet.sync(pod)
    })
    // What was sent as text is kept as bytes.
    return { status: 201, body: { ...kept, stringData: undefined } }
  }

  const evict = (asked: Asked, key: string): Answer => {
    const known = objects.get(key)
    if (!known) return notFound(asked)
    const refused = evictionRefusal(objects, known)
    if (refused) return { status: 429, body: refused }
    const { deleteOptions = {} } = asked.body
    const told = [...((known.status?.conditions ?? []) as object[]), evictedByApi] // Of a pod.
    objects.set(key, { ...known, status: { ...known.status, conditions: told } })
    remove({ ...asked, part: undefined, body: deleteOptions as Asked['body'] }, key)
    return { status: 201, body: { kind: 'Status', status: 'Success' } }
  }

  const remove = (asked: Asked, key: string): Answer => {
    const known = objects.get(key)
    const { preconditions, gracePeriodSeconds = 30 } = asked.body as {
      preconditions?: { uid: string }
      gracePeriodSeconds?: number
    } // DeleteOptions.
    if (!known) return notFound(asked)
    if (preconditions && preconditions.uid !== known.metadata.uid)
      return { status: 409, body: refusal(409, 'Conflict', 'the UID in the precondition differs') }
    const isNow =
      asked.plural !== 'pods' ||
      gracePeriodSeconds === 0 ||
      isTerminal(known) ||
      !kubelet.running(known)
    if (isNow) {
      kubelet.kill(known)
      objects.delete(key)
      return {
        status: 200,
        body: ['pods', 'namespaces', 'persistentvolumeclaims'].includes(asked.plural)
          ? known
          : { kind: 'Status', status: 'Success' },
      }
    }
    const going = objects.set(key, {
      ...known,
      metadata: { ...known.metadata, deletionTimestamp: new Date().toISOString() },
    })
    void kubelet.stop(known, gracePeriodSeconds, () => objects.delete(key))
    return { status: 200, body: going }
  }

  const page = (asked: Asked) => {
    const all = objects.list(asked.plural, asked.namespace).filter(selects(asked))
    const begin = Number(asked.url.searchParams.get('continue') ?? 0)
    const end = begin + Number(asked.url.searchParams.get('limit') ?? all.length)
    const rest = end < all.length ? { continue: String(end) } : {}
    return {
      kind: 'List',
      metadata: { resourceVersion: String(objects.version), ...rest },
      items: all.slice(begin, end).map(({ kind: _kind, apiVersion: _version, ...item }) => item),
    }
  }
  return { create, evict, remove, page }
}
