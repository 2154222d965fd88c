import { randomUUID } from 'node:crypto'

/** An object as the API keeps it. */
export type Kept = {
  apiVersion?: string
  kind?: string
  metadata: { name: string; namespace?: string; uid: string; resourceVersion: string } & Record<
    string,
    unknown
  >
  spec?: Record<string, unknown>
  status?: Record<string, unknown>
  [field: string]: unknown
}

type Watcher = { plural: string; wants(object: Kept): boolean; tell(event: object): void }
type Event = { version: number; plural: string; type: string; object: Kept }

/** The objects of a cluster with their versions, and who watches them. */
export class Objects {
  readonly #kept = new Map<string, Kept>()
  readonly #watchers = new Set<Watcher>()
  #history: Event[] = []
  #version = 1
  /** The oldest version that a watch can go on from. */
  oldest = 0

  get version(): number {
    return this.#version
  }

  get(key: string): Kept | undefined {
    return this.#kept.get(key)
  }

  list(plural: string, namespace: string | undefined): Kept[] {
    return [...this.#kept]
      .filter(
        ([key, { metadata }]) =>
          key.split(' ')[0] === plural &&
          (namespace === undefined || metadata.namespace === namespace),
      )
      .map(([, object]) => object)
  }

  set(
    key: string,
    object: Omit<Kept, 'metadata'> & { metadata: Record<string, unknown> & { name: string } },
  ): Kept {
    const known = this.#kept.get(key)
    const metadata = {
      creationTimestamp: new Date().toISOString(),
      uid: randomUUID(),
      ...known?.metadata,
      ...object.metadata,
      resourceVersion: String(++this.#version),
    }
    const kept: Kept = { ...object, metadata }
    this.#kept.set(key, kept)
    this.#happened(key, known ? 'MODIFIED' : 'ADDED', kept)
    return kept
  }

  delete(key: string): void {
    const known = this.#kept.get(key)
    if (!known || !this.#kept.delete(key)) return
    this.#happened(key, 'DELETED', {
      ...known,
      metadata: { ...known.metadata, resourceVersion: String(++this.#version) },
    })
    for (const [other, { metadata }] of this.#kept) {
      const owners = (metadata.ownerReferences ?? []) as { uid: string }[] // As the hub sends them.
      const isInside = key.startsWith('namespaces ') && metadata.namespace === known.metadata.name
      // A pod is told to end first, and by whom it is not for this to say.
      const isOwned =
        !other.startsWith('pods ') && owners.some(({ uid }) => uid === known.metadata.uid)
      if (isInside || isOwned) this.delete(other)
    }
  }

  /** Follows from a version; false where that is no longer known. */
  watch(watcher: Watcher, from: number): (() => void) | undefined {
    if (from < this.oldest) return undefined
    for (const event of this.#history)
      if (event.version > from && event.plural === watcher.plural && watcher.wants(event.object))
        watcher.tell({ type: event.type, object: event.object })
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  /** Forgets what happened, as a server does after some minutes. */
  forget(): void {
    this.#history = []
    this.oldest = ++this.#version
  }

  #happened(key: string, type: string, object: Kept): void {
    const plural = key.split(' ')[0] ?? ''
    this.#history.push({ version: this.#version, plural, type, object })
    for (const watcher of this.#watchers)
      if (watcher.plural === plural && watcher.wants(object)) watcher.tell({ type, object })
  }
}

export const keyOf = (plural: string, namespace: string | undefined, name: string) =>
  `${plural} ${namespace ?? ''} ${name}`

export const isTerminal = ({ status }: Kept) =>
  ['Succeeded', 'Failed'].includes(String(status?.phase))

/** The groups of the API, with those of what was installed. */
export const groupsOf = (objects: Objects) => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [
    'apps/v1',
    ...objects.list('groups', undefined).map(({ metadata }) => metadata.name),
  ].map((groupVersion) => {
    const [name, version] = groupVersion.split('/')
    const preferredVersion = { groupVersion, version }
    return { name, versions: [preferredVersion], preferredVersion }
  }),
})
