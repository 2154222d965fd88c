import { z } from 'zod'

/** What a registration of a Kubernetes cluster keeps. Credentials stay where `source` says. */
export const KubernetesSettings = z.object({
  source: z.discriminatedUnion('source', [
    z.object({ source: z.literal('kubeconfig'), kubeconfig: z.string(), context: z.string() }),
    z.object({ source: z.literal('in-cluster') }),
  ]),
  /** Whose pods may run there; all where it is not given. */
  orgs: z.array(z.string()).optional(),
  image: z.string(),
  tags: z.array(z.string()),
  limits: z.object({
    pods: z.int(),
    cpus: z.number(),
    memoryMb: z.int(),
    storageGb: z.int(),
  }),
  hubUrl: z.string().optional(),
  egress: z.array(z.string()),
  storageClass: z.string().optional(),
})
export type KubernetesSettings = z.infer<typeof KubernetesSettings>
