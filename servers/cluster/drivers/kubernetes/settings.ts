import { z } from 'zod'

/** What a registration of a Kubernetes cluster keeps. No credential is in it: those stay where `source` says. */
export const KubernetesSettings = z.object({
  source: z.discriminatedUnion('source', [
    z.object({ source: z.literal('kubeconfig'), kubeconfig: z.string(), context: z.string() }),
    z.object({ source: z.literal('in-cluster') }),
    /** The Secret that Cluster API keeps for a workload cluster, in a management cluster of this hub. */
    z.object({
      source: z.literal('cluster-api'),
      management: z.string(),
      namespace: z.string(),
      name: z.string(),
    }),
    /** An account of the hub's own there, whose token is sealed in the store and renewed. */
    z.object({
      source: z.literal('account'),
      server: z.string(),
      ca: z.string().optional(),
      serverName: z.string().optional(),
    }),
  ]),
  /** Whose pods may run there; all where it is not given. */
  orgs: z.array(z.string()).optional(),
  image: z.string(),
  /** Image of the pods that are agents; none run there where it is not given. */
  agentImage: z.string().optional(),
  tags: z.array(z.string()),
  limits: z.object({
    pods: z.int(),
    cpus: z.number(),
    memoryMb: z.int(),
    storageGb: z.int(),
  }),
  hubUrl: z.string().optional(),
  /** Certificates of the authority behind `hubUrl`, in PEM, where the image of agents does not know it. */
  hubCa: z.string().optional(),
  egress: z.array(z.string()),
  storageClass: z.string().optional(),
  /** The ClusterQueue of Kueue that pods wait in, and the API by which it is spoken with. */
  queue: z.object({ name: z.string(), apiVersion: z.string() }).optional(),
  /** The API of agent-sandbox, where pods that keep their work are Sandboxes of it. */
  sandbox: z.object({ apiVersion: z.string() }).optional(),
})
export type KubernetesSettings = z.infer<typeof KubernetesSettings>
