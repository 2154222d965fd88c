import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import { hasStatus } from './api-error.ts'
import { quantityOf } from './objects.ts'
import type { Transport } from './transport.ts'

const NodeMetrics = z.object({
  items: z
    .array(
      z.object({
        metadata: z.object({ name: z.string() }),
        usage: z.object({ cpu: z.string(), memory: z.string() }),
      }),
    )
    .nullable(),
})

/** What the programs of a node use, by the name of the node. */
export type NodeUse = Map<string, { cpus: number; memoryMb: number }>

const mib = 2 ** 20
/** How long a cluster without metrics is left alone before it is asked again. */
const absentMs = 300_000

/**
 * What nodes really use, from `metrics.k8s.io` where a metrics server is installed and the hub may read
 * it. Without one nothing is known, which is not the same as nothing used.
 */
export class Metrics {
  readonly #transport: Transport
  #absentUntil = 0

  constructor(transport: Transport) {
    this.#transport = transport
  }

  async read(now: number): Promise<NodeUse | undefined> {
    if (now < this.#absentUntil) return undefined
    try {
      const answer = await this.#transport.json({ path: '/apis/metrics.k8s.io/v1beta1/nodes' })
      const { items } = NodeMetrics.parse(answer)
      return new Map(
        (items ?? []).map(({ metadata, usage }) => [
          metadata.name,
          {
            cpus: Math.round(quantityOf(usage.cpu) * 1000) / 1000,
            memoryMb: Math.floor(quantityOf(usage.memory) / mib),
          },
        ]),
      )
    } catch (error) {
      if (hasStatus(error, 404) || hasStatus(error, 403)) this.#absentUntil = now + absentMs
      // It is installed and has nothing to say for now, as while it starts.
      else if (!(error instanceof HubError || error instanceof z.ZodError)) throw error
      return undefined
    }
  }
}
