import { expect } from 'vitest'
import { until } from '../hub.ts'
import type { ControlPlane } from './control-plane.ts'

/** Makes a kind known to a real API server that takes whatever is sent, and that nobody acts on there, and waits for it. */
export async function makeKind(
  plane: ControlPlane,
  apiVersion: string,
  names: { kind: string; plural: string },
): Promise<void> {
  const [group = '', name = ''] = apiVersion.split('/')
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const version = { name, served: true, storage: true, schema: { openAPIV3Schema: schema } }
  const made = await plane.api('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${names.plural}.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, of a test' },
    },
    spec: { group, scope: 'Namespaced', names, versions: [version] },
  })
  expect(made.status).toBe(201)
  const list = `/apis/${apiVersion}/${names.plural}`
  await until(async () => (await plane.api('GET', list)).status === 200, 60_000)
}
