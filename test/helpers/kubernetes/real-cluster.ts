import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { controlPlaneBinary } from './binary.ts'
import type { NetworkKind } from './cluster-network.ts'
import { startNetwork } from './cluster-network.ts'
import { podGateway } from './containerd.ts'
import type { ControlPlane } from './control-plane.ts'
import { startControlPlane } from './control-plane.ts'
import type { RealNode } from './real-node.ts'
import { startNode } from './real-node.ts'

const volumes = 20

/**
 * A control plane with one real node and volumes, for all tests of a file; with a kind of network,
 * pods find services by name and address.
 */
export function realCluster(kind?: NetworkKind): {
  plane(): ControlPlane
  node(): RealNode
} {
  let network: { stop(): Promise<void> } | undefined
  let plane: ControlPlane | undefined
  let node: RealNode | undefined
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-volumes-'))
    const binary = await controlPlaneBinary()
    plane = await startControlPlane(binary, kind ? podGateway : undefined)
    node = await startNode(plane, binary, kind !== undefined)
    if (kind)
      network = await startNetwork(plane, kind, { binary, node: node.name, folder: node.folder })
    await offerVolumes(plane, node.name, folder)
  }, 1_500_000)
  afterAll(async () => {
    await network?.stop()
    await node?.stop()
    await plane?.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }, 120_000)
  const there = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the cluster has not started')
    return part
  }
  return { plane: () => there(plane), node: () => there(node) }
}

/** Folders of the node as volumes, since nothing makes volumes by itself there. */
async function offerVolumes({ api }: ControlPlane, node: string, folder: string): Promise<void> {
  await api('POST', '/apis/storage.k8s.io/v1/storageclasses', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local' },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  })
  const here = { key: 'kubernetes.io/hostname', operator: 'In', values: [node] }
  for (let number = 0; number < volumes; number++) {
    const path = join(folder, String(number))
    mkdirSync(path)
    await api('POST', '/api/v1/persistentvolumes', {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `volume-${number}` },
      spec: {
        capacity: { storage: '100Gi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: 'local',
        local: { path },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [here] }] } },
      },
    })
  }
}
