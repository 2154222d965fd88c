import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'

// Objects of the Kubernetes API, as far as the hub reads them. What it sends stays plain JSON: models
// of a client library have dropped fields, and a policy that loses one allows everything.

const words = z.record(z.string(), z.string()).default({})

const Metadata = z.object({
  name: z.string(),
  namespace: z.string().default(''),
  uid: z.string().default(''),
  resourceVersion: z.string().default(''),
  labels: words,
  annotations: words,
  ownerReferences: z
    .array(z.object({ apiVersion: z.string(), kind: z.string(), uid: z.string() }))
    .default([]),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
})

export const Bare = z.object({ metadata: Metadata })
export type Bare = z.infer<typeof Bare>

const Waiting = z.object({ reason: z.string().default(''), message: z.string().default('') })
const Terminated = z.object({
  exitCode: z.number(),
  signal: z.number().optional(),
  reason: z.string().default(''),
  message: z.string().default(''),
})

export const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
})

export const PodObject = Bare.extend({
  spec: z.object({
    nodeName: z.string().default(''),
    containers: z
      .array(z.object({ resources: z.object({ requests: words }).default({ requests: {} }) }))
      .default([]),
  }),
  status: z
    .object({
      phase: z.string().default('Pending'),
      reason: z.string().default(''),
      message: z.string().default(''),
      podIP: z.string().default(''),
      conditions: z.array(Condition).default([]),
      containerStatuses: z
        .array(
          z.object({
            state: z
              .object({
                waiting: Waiting.nullish(),
                running: z.object({}).nullish(),
                terminated: Terminated.nullish(),
              })
              .default({}),
          }),
        )
        .default([]),
    })
    .prefault({}),
})
export type PodObject = z.infer<typeof PodObject>

export const NodeObject = Bare.extend({
  spec: z
    .object({
      unschedulable: z.boolean().default(false),
      taints: z.array(z.object({ key: z.string(), effect: z.string() })).default([]),
    })
    .prefault({}),
  status: z
    .object({
      allocatable: words,
      conditions: z.array(Condition).default([]),
    })
    .prefault({}),
})
export type NodeObject = z.infer<typeof NodeObject>

export const EventObject = z.object({
  reason: z.string().default(''),
  message: z.string().default(''),
  lastTimestamp: z
    .string()
    .nullish()
    .transform((at) => at ?? ''),
})

export const List = z.object({
  metadata: z.object({
    resourceVersion: z.string().default(''),
    continue: z.string().optional(),
  }),
  items: z.array(z.unknown()).nullable(),
})

/** What the cluster said, in the shape that is read; anything else is no answer of a Kubernetes. */
export function parsed<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new HubError('unavailable', 'what answered is no Kubernetes API server', {
    hint: z.prettifyError(result.error).slice(0, 500),
  })
}

/** A quantity such as `500m`, `2`, `128Mi` or `1e3` as a number; NaN for what is none. */
export function quantityOf(text: string): number {
  const [, number = '', suffix = ''] =
    /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text) ?? []
  const factor = factors[suffix]
  return number === '' || factor === undefined ? Number.NaN : Number(number) * factor
}

const factors: Record<string, number> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}
