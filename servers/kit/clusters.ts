import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { ClusterDriver } from './cluster-driver.ts'
import type { Context } from './context.ts'

/** The clusters that agents can run on, by id. None is special: placement rates the nodes of all. */
export class Clusters {
  readonly #drivers = new Map<string, ClusterDriver>()

  constructor(drivers: [ClusterDriver, ...ClusterDriver[]]) {
    for (const driver of drivers) this.register(driver)
  }

  register(driver: ClusterDriver): void {
    if (this.#drivers.has(driver.id))
      throw new HubError('conflict', `a cluster ${driver.id} is registered already`)
    this.#drivers.set(driver.id, driver)
  }

  /** Takes a cluster out; who has its driver already may finish with it. */
  unregister(id: string): void {
    this.#drivers.delete(id)
  }

  list(): ClusterDriver[] {
    return [...this.#drivers.values()]
  }

  async close(): Promise<void> {
    await Promise.all(this.list().map((driver) => driver.close()))
  }

  /** What an owner should know before work is started, a line each. */
  async warnings(): Promise<string[]> {
    const lines = this.list().map(async (driver) => {
      const { level, reason } = await driver.isolation()
      if (level !== 'none') return []
      return [
        `warning: pods on ${driver.id} are not isolated (${reason}): what runs there could read the owner's token. See docs/isolation.md`,
      ]
    })
    return (await Promise.all(lines)).flat()
  }

  get(id: string): ClusterDriver {
    const driver = this.#drivers.get(id)
    if (driver) return driver
    throw new HubError('not_found', `no cluster ${JSON.stringify(id)} is registered`, {
      hint: 'cluster_list shows those that are.',
    })
  }
}

/** Whose authority counts beside the caller's: who submitted the task that a pod is for. */
export type Submitter = Principal | 'unknown'

/**
 * The clusters that may start work for the caller and the submitter, in a fixed order; `denied`
 * when there is none. A cluster that cannot say how it isolates is left out.
 */
export async function startableClusters(
  ctx: Pick<Context, 'clusters' | 'config' | 'may' | 'ensure'>,
  asked: {
    cluster?: string | undefined
    org?: string | undefined
    runs: 'agent' | 'command'
    submitter?: Submitter | undefined
  },
): Promise<ClusterDriver[]> {
  const named =
    asked.cluster === undefined ? ctx.clusters.list() : [ctx.clusters.get(asked.cluster)]
  const drivers = named.filter(({ runsAgents }) => runsAgents || asked.runs === 'command')
  if (drivers.length === 0)
    throw new HubError(
      'unsupported',
      `${asked.cluster} runs commands alone, not the agents of tasks`,
      {
        hint: 'Add it again with `agent_image` and `hub_url`, or name another cluster.',
      },
    )
  const facts = await Promise.allSettled(
    drivers.map(async (driver) => ({
      driver,
      subject: await startSubject(ctx, driver, asked),
    })),
  )
  const known = facts.flatMap((fact) => (fact.status === 'fulfilled' ? [fact.value] : []))
  const startable = known.filter(({ subject }) => ctx.may('pod.start', subject))
  if (startable.length > 0) return startable.map(({ driver }) => driver)
  for (const { subject } of known) ctx.ensure('pod.start', subject)
  // Where none can say how it isolates, what went wrong is the answer.
  await startSubject(ctx, drivers[0]!)
  throw new HubError('unavailable', 'no cluster can start work now')
}

/** The facts that decide whether a program may be started on a cluster. */
export async function startSubject(
  { config }: Pick<Context, 'config'>,
  driver: ClusterDriver,
  asked: { org?: string | undefined; submitter?: Submitter | undefined } = {},
) {
  const { level, reason } = await driver.isolation()
  const { allowUnisolated } = config.file
  const { org, submitter } = asked
  const { id: cluster, orgs } = driver
  return { cluster, isolation: level, reason, allowUnisolated, org, orgs, submitter }
}
