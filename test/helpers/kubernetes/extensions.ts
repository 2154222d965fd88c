import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ControlPlane } from './control-plane.ts'
import { freePorts } from './control-plane.ts'
import { answers, installKinds, startController } from './controllers.ts'

/** The real agent-sandbox in a control plane, with its one kind that the hub speaks of. */
export async function startAgentSandbox(plane: ControlPlane): Promise<{ stop(): Promise<void> }> {
  await installKinds(plane, 'agent-sandbox', {
    folder: 'k8s/crds',
    kinds: ['agents.x-k8s.io_sandboxes'],
  })
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-sandboxes-'))
  const [port] = await freePorts(1)
  const { stop } = await startController(plane, 'agent-sandbox', {
    folder,
    args: [
      '--leader-elect=false',
      '--enable-webhook=false',
      '--metrics-bind-address=0',
      `--health-probe-bind-address=127.0.0.1:${port}`,
    ],
    isReady: () => answers(`http://127.0.0.1:${port}/readyz`),
  })
  return {
    stop: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A volume of a class, which is bound by the first who asks for one. */
export async function offerVolume({ api }: ControlPlane, storageClass: string): Promise<void> {
  await api('POST', '/apis/storage.k8s.io/v1/storageclasses', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: storageClass },
    provisioner: 'kubernetes.io/no-provisioner',
  })
  await api('POST', '/api/v1/persistentvolumes', {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${storageClass}-0` },
    spec: {
      capacity: { storage: '100Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: storageClass,
      hostPath: { path: '/nowhere' },
    },
  })
}
