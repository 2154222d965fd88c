import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Exposure } from '../../schemas/exposure.ts'
import type { ClusterDriver } from '../kit/cluster-driver.ts'
import { startSubject } from '../kit/clusters.ts'
import type { Context } from '../kit/context.ts'
import { maySee } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { codeServerProbe } from './code-server.ts'
import {
  endExposure,
  exposePort,
  findExposure,
  listExposures,
  toExposure,
} from './store/exposures.ts'
import type { PodRow } from './store/pods.ts'
import { findPod } from './store/pods.ts'

const probeMs = 15_000

export const podExpose = defineTool({
  name: 'pod_expose',
  title: 'Open a port of a pod',
  description:
    'Makes a web server in a live pod reachable by browsers, on an origin of its own, and returns a link that opens it once within ten minutes. Call it again for another link. Use pod_unexpose to end it.',
  effect: 'create',
  scope: 'cluster:write',
  input: {
    pod: z.string().max(60).describe('Pod id'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Port that a program of the pod listens on'),
    kind: z
      .enum(['http', 'code-server'])
      .default('http')
      .describe('`code-server`: an editor on the folder of the work, started when it is opened'),
    ttl_ms: z
      .int()
      .min(60_000)
      .max(86_400_000)
      .default(3_600_000)
      .describe('How long it stays; half an hour without use ends it as well'),
  },
  output: Exposure.extend({ url: z.string().describe('Opens it in one browser, once') }),
  run: async ({ pod, port: asked, kind, ttl_ms: ttlMs }, ctx) => {
    if ((asked === undefined) === (kind === 'http'))
      throw new HubError('invalid', `\`port\` is ${asked ? 'not ' : ''}needed for the kind ${kind}`)
    const row = await findPod(ctx, pod)
    if (row.ended_at !== null) throw new HubError('conflict', `pod ${pod} has ended`)
    const driver = ctx.clusters.get(row.cluster)
    const port = asked ?? (await editorPort(ctx, driver, row))
    if (kind === 'http') await driver.reach(pod, port)
    const { org, cluster } = row
    const { row: exposure, ticket } = await exposePort(ctx, {
      id: ctx.id('exposure'),
      ...{ org, pod, cluster, port, kind, ttlMs },
      principal: ctx.principal.id,
    })
    return { ...toExposure(exposure), url: await ctx.podGateway.link(exposure.host, ticket) }
  },
})

export const podUnexpose = defineTool({
  name: 'pod_unexpose',
  title: 'Close a port of a pod',
  description:
    'Ends what pod_expose made: connections are cut and its links and cookies are void. The pod goes on.',
  effect: 'update',
  scope: 'cluster:write',
  idempotent: true,
  input: {
    exposure: z.string().max(60).describe('Id that pod_expose returned; pod_read lists them'),
    reason: z.string().max(500).default('ended by request').describe('Why, for the record'),
  },
  output: z.object({ ended: z.boolean().describe('False when it had ended already') }),
  run: async ({ exposure: id, reason }, ctx) => {
    const row = await findExposure(ctx.reader, id)
    if (!row || !maySee(ctx, row.org))
      throw new HubError('not_found', `there is no exposure ${JSON.stringify(id)}`, {
        hint: 'pod_read lists those of a pod.',
      })
    return { ended: await endExposure(ctx, id, reason) }
  },
})

/** Where the editor of a pod listens: the port that it has, or one that is free now. */
async function editorPort(ctx: Context, driver: ClusterDriver, { id, isolation }: PodRow) {
  ctx.ensure('pod.start', { ...(await startSubject(ctx, driver)), isolation })
  const open = await listExposures(ctx.reader, ctx.now(), id)
  const known = open.find(({ kind }) => kind === 'code-server')
  if (known) return known.port
  const signal = AbortSignal.any([AbortSignal.timeout(probeMs), ctx.signal])
  for await (const event of driver.exec(id, codeServerProbe, signal))
    if (event.kind === 'exit' && event.exitCode === 0) return freePort()
  throw new HubError('unsupported', `pod ${id} has no code-server on its PATH`, {
    hint: 'Have it in the image of the cluster, or on the PATH of the hub for local pods (npm install -g code-server).',
  })
}

/** One that is free on this machine, where local pods share its ports; in a container nearly all are. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo // A TCP server that listens has one.
      server.close(() => resolve(port))
    })
  })
