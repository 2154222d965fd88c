import type { KubernetesSettings } from '../../../servers/cluster/drivers/kubernetes/settings.ts'
import { readAccess } from '../../../servers/cluster/drivers/kubernetes/access.ts'
import { KubernetesDriver } from '../../../servers/cluster/drivers/kubernetes/kubernetes.ts'
import { makeLogger } from '../../../hub/log.ts'
import type { Clock } from '../../../servers/kit/clock.ts'
import { systemClock } from '../../../servers/kit/clock.ts'
import { makeDataDir } from './local-drivers.ts'

/** The access that a kubeconfig of a test stands for. */
export const accessOf = ({ kubeconfig, context }: { kubeconfig: string; context: string }) =>
  readAccess({ source: 'kubeconfig', kubeconfig, context })

export const settingsOf = (
  at: { kubeconfig: string; context: string },
  change: Partial<KubernetesSettings> = {},
): KubernetesSettings => ({
  source: { source: 'kubeconfig', kubeconfig: at.kubeconfig, context: at.context },
  image: 'docker.io/local/box:1',
  tags: [],
  limits: { pods: 200, cpus: 64, memoryMb: 65_536, storageGb: 100 },
  egress: [],
  ...change,
})

/** Drivers of one registration of a cluster, over one data directory. */
export function kubernetesDrivers(
  at: { kubeconfig: string; context: string },
  change: Partial<KubernetesSettings> = {},
  mark = 'cafe0001',
  clock: Clock = systemClock,
): () => KubernetesDriver {
  const dataDir = makeDataDir()
  return () =>
    new KubernetesDriver({
      id: 'kube',
      at: { ...settingsOf(at, change), mark },
      access: () => accessOf(at),
      dataDir,
      clock,
      log: makeLogger('silent'),
    })
}
