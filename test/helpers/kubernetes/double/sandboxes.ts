import { parse } from './asked.ts'
import type { Kept, Objects } from './objects.ts'
import { keyOf } from './objects.ts'
import type { writesTo } from './writes.ts'

type Template = { metadata: Record<string, unknown>; spec: Record<string, unknown> }
type Spec = { operatingMode?: string; podTemplate: Template }
type Writes = Pick<ReturnType<typeof writesTo>, 'create' | 'remove'>

const graceSeconds = 60

/** What the controller of agent-sandbox does: each Sandbox has its pod, but for one that is suspended. */
export class Sandboxes {
  readonly #objects: Objects
  readonly #writes: Writes

  constructor(objects: Objects, writes: Writes) {
    this.#objects = objects
    this.#writes = writes
  }

  /** Acts on all that is made from now on. */
  follow(): void {
    const tell = (event: object) => {
      const { metadata } = (event as { object: Kept }).object // Of a watch.
      setImmediate(() => this.#sync(metadata))
    }
    const objects = this.#objects
    objects.watch({ plural: 'sandboxes', wants: () => true, tell }, objects.version)
    const wants = (pod: Kept) => ownerOf(pod) !== undefined
    objects.watch({ plural: 'pods', wants, tell }, objects.version)
  }

  #sync({ name, namespace }: Kept['metadata']): void {
    const sandbox = this.#objects.get(keyOf('sandboxes', namespace, name))
    const pod = this.#objects.get(keyOf('pods', namespace, name))
    if (pod && ownerOf(pod) !== sandbox?.metadata.uid) return this.#end(pod)
    if (!sandbox) return
    const { uid } = sandbox.metadata
    const { podTemplate, operatingMode } = sandbox.spec as Spec // As the hub sent it.
    if (operatingMode === 'Suspended') {
      if (pod) this.#end(pod)
      return
    }
    if (pod || sandbox.status) return
    const { apiVersion, kind } = sandbox
    const ownerReferences = [{ apiVersion, kind, name, uid, controller: true }]
    const metadata = { ...podTemplate.metadata, name, namespace, ownerReferences }
    const body = { apiVersion: 'v1', kind: 'Pod', metadata, spec: podTemplate.spec }
    const made = this.#writes.create(parse('POST', `/api/v1/namespaces/${namespace}/pods`, body))
    if (made.status === 201) return
    const { message } = made.body as { message: string } // A refusal.
    const ready = { type: 'Ready', status: 'False', reason: 'ReconcilerError' }
    const conditions = [{ ...ready, message: `Error seen: ${message}` }]
    this.#objects.set(keyOf('sandboxes', namespace, name), { ...sandbox, status: { conditions } })
  }

  #end({ metadata }: Kept): void {
    if (metadata.deletionTimestamp) return
    const { name, namespace } = metadata
    const asked = parse('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, {
      gracePeriodSeconds: graceSeconds,
    })
    this.#writes.remove(asked, keyOf('pods', namespace, name))
  }
}

const ownerOf = ({ metadata }: Kept): string | undefined =>
  ((metadata.ownerReferences ?? []) as { kind: string; uid: string }[]).find(
    ({ kind }) => kind === 'Sandbox',
  )?.uid // As they were sent.
