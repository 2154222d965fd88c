import { HubError } from '../../../../schemas/errors.ts'
import { hasStatus } from './api-error.ts'
import { quantityOf } from './objects.ts'
import type { Manifest } from './pod-manifest.ts'
import type { Transport } from './transport.ts'

const plurals: Record<string, string> = {
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Namespace: 'namespaces',
  Pod: 'pods',
  Secret: 'secrets',
  ConfigMap: 'configmaps',
  ServiceAccount: 'serviceaccounts',
  ResourceQuota: 'resourcequotas',
  LimitRange: 'limitranges',
  NetworkPolicy: 'networkpolicies',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  LocalQueue: 'localqueues',
  Sandbox: 'sandboxes',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
}

/** Where objects of a kind are; with `named`, the one that the manifest is of. */
function pathOf({ apiVersion, kind, metadata }: Manifest, named: boolean): string {
  const plural = plurals[kind]
  if (plural === undefined) throw new Error(`no path is known for ${kind}`)
  const { name, namespace } = metadata
  return [
    apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`,
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    plural,
    ...(named ? [name] : []),
  ].join('/')
}

/**
 * Server-side apply with strict validation, then a look at what really stands there: a field that was
 * dropped on the way would turn "allow from there" into "allow from everywhere".
 */
export async function apply(
  transport: Transport,
  manifest: Manifest,
  manager: string,
): Promise<void> {
  const path = pathOf(manifest, true)
  try {
    await transport.json({
      method: 'PATCH',
      path,
      query: { fieldManager: manager, fieldValidation: 'Strict' },
      type: 'application/apply-patch+yaml',
      body: manifest,
    })
  } catch (error) {
    if (!hasStatus(error, 409) || !(error instanceof HubError)) throw error
    throw new HubError('conflict', error.message, {
      hint: 'Somebody else set these fields; remove what stands there, or leave it to them.',
      cause: error,
    })
  }
  const missing = missingFrom(manifest, await transport.json({ path }), '')
  if (missing !== undefined)
    throw new HubError(
      'failed',
      `${manifest.kind} ${manifest.metadata.name} was not kept as it was sent`,
      {
        hint: `Different in the cluster: ${missing}. Something there, such as a webhook, changes it.`,
      },
    )
}

export const create = (
  transport: Transport,
  manifest: Manifest,
  query: Record<string, string> = {},
): Promise<unknown> =>
  transport.json({
    method: 'POST',
    path: pathOf(manifest, false),
    query: { fieldValidation: 'Strict', ...query },
    body: manifest,
  })

/** The first field of `sent` that `kept` does not have as it was sent; amounts may be written otherwise. */
export function missingFrom(sent: unknown, kept: unknown, at: string): string | undefined {
  if (Array.isArray(sent)) {
    if (!Array.isArray(kept) || kept.length !== sent.length) return at
    return sent
      .map((item, index) => missingFrom(item, kept[index], `${at}[${index}]`))
      .find(Boolean)
  }
  if (isObject(sent)) {
    // The API leaves out what is empty.
    if (!isObject(kept))
      return Object.keys(sent).length === 0 && kept === undefined ? undefined : at
    return Object.entries(sent)
      .map(([name, value]) => missingFrom(value, kept[name], `${at}.${name}`))
      .find(Boolean)
  }
  if (sent === kept) return undefined
  const isSame =
    typeof sent === 'string' && typeof kept === 'string' && quantityOf(sent) === quantityOf(kept)
  return isSame ? undefined : at
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
