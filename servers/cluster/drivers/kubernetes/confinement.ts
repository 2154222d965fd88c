import type { Mark } from './names.ts'
import { hubAccountName, hubLabel, hubNamespaceOf } from './names.ts'
import type { Manifest } from './pod-manifest.ts'

/**
 * Keeps what the hub's account writes within the namespaces of its registration. Its role cannot say
 * that: namespaces of orgs are made later, and a role knows no patterns. Without this, the right to
 * make pods and bindings would reach into every namespace.
 */
export function confinement(mark: Mark, metadata: Manifest['metadata']): Manifest[] {
  const account = `system:serviceaccount:${hubNamespaceOf(mark)}:${hubAccountName}`
  const isOurs = (object: string) =>
    `(has(${object}.metadata.labels) && '${hubLabel}' in ${object}.metadata.labels && ${object}.metadata.labels['${hubLabel}'] == '${mark.mark}')`
  const { name } = metadata
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] },
          ],
        },
        matchConditions: [
          { name: 'the-hub', expression: `request.userInfo.username == '${account}'` },
        ],
        validations: [
          {
            expression: `request.resource.group != '' || request.resource.resource != 'namespaces' || ((object == null || ${isOurs('object')}) && (oldObject == null || ${isOurs('oldObject')}))`,
            message: 'this hub makes and changes namespaces with its own mark alone',
          },
          {
            expression: `namespaceObject == null || ${isOurs('namespaceObject')}`,
            message: 'this hub works in namespaces with its own mark alone',
          },
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ]
}
