import type { ControlPlane } from './control-plane.ts'
import { until } from '../hub.ts'

const clusterApiGroup = 'cluster.x-k8s.io'
const version = 'v1beta1'

/** The one kind of Cluster API that the hub reads, without its controllers. */
export async function installClusterApi({ api }: ControlPlane): Promise<void> {
  const names = {
    kind: 'Cluster',
    listKind: 'ClusterList',
    plural: 'clusters',
    singular: 'cluster',
  }
  const schema = {
    openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  }
  await api('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `clusters.${clusterApiGroup}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' },
    },
    spec: {
      group: clusterApiGroup,
      scope: 'Namespaced',
      names,
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  })
  const path = `/apis/${clusterApiGroup}/${version}/clusters`
  await until(async () => (await api('GET', path)).status === 200, 60_000)
}

/** A workload cluster as its controllers would record it. */
export const makeWorkload = ({ api }: ControlPlane, name: string) =>
  api('POST', `/apis/${clusterApiGroup}/${version}/namespaces/default/clusters`, {
    apiVersion: `${clusterApiGroup}/${version}`,
    kind: 'Cluster',
    metadata: { name, namespace: 'default' },
  })

/** The Secret with its kubeconfig. */
export const publishKubeconfig = ({ api }: ControlPlane, name: string, kubeconfig: string) =>
  api('POST', '/api/v1/namespaces/default/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-kubeconfig`, namespace: 'default' },
    stringData: { value: kubeconfig },
  })
