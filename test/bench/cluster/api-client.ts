import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { listAll } from '../../../servers/cluster/drivers/kubernetes/list.ts'
import { readAccess } from '../../../servers/cluster/drivers/kubernetes/access.ts'
import { PodObject } from '../../../servers/cluster/drivers/kubernetes/objects.ts'
import { Transport } from '../../../servers/cluster/drivers/kubernetes/transport.ts'
import { systemClock } from '../../../servers/kit/clock.ts'

// One client in a process of its own, so that its memory and CPU time are its own: `transport` is the
// hub's, `client-node` the library at `folder`. Prints what was measured as a line of JSON.
const [name = '', task = '', kubeconfig = '', folder = ''] = process.argv.slice(2)

type Client = { read(): Promise<unknown>; list(): Promise<number> }

function transport(): Client {
  const source = { source: 'kubeconfig', kubeconfig, context: 'bench' } as const
  const to = new Transport('bench', () => readAccess(source), systemClock)
  return {
    read: () => to.json({ path: '/api/v1/namespaces/org-0/pods/agent-0' }),
    list: async () => (await listAll(to, PodObject, { path: '/api/v1/pods' })).items.length,
  }
}

/** As far as it is used here. */
type Library = {
  KubeConfig: new () => { loadFromFile(file: string): void; makeApiClient(api: unknown): Core }
  CoreV1Api: unknown
}
type Core = {
  readNamespacedPod(of: { name: string; namespace: string }): Promise<unknown>
  listPodForAllNamespaces(of: {
    limit: number
    _continue?: string
  }): Promise<{ items: unknown[]; metadata?: { _continue?: string } }>
}

async function clientNode(): Promise<Client> {
  const path = createRequire(join(folder, 'package.json')).resolve('@kubernetes/client-node')
  const { KubeConfig, CoreV1Api } = (await import(pathToFileURL(path).href)) as Library // Its types are not installed here.
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  const core = config.makeApiClient(CoreV1Api)
  return {
    read: () => core.readNamespacedPod({ name: 'agent-0', namespace: 'org-0' }),
    async list() {
      const items: unknown[] = []
      let next: string | undefined
      do {
        const page = await core.listPodForAllNamespaces({
          limit: 500,
          ...(next ? { _continue: next } : {}),
        })
        items.push(...page.items)
        next = page.metadata?._continue
      } while (next)
      return items.length
    },
  }
}

const client = name === 'transport' ? transport() : await clientNode()
for (let n = 0; n < 20; n++) await client.read()
const idleMb = process.memoryUsage().rss / 2 ** 20
const cpuBefore = process.cpuUsage()
const startedAt = performance.now()
let done = 0
if (task === 'list') done = await client.list()
else {
  const lanes = Number(task)
  const until = startedAt + 4000
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (; performance.now() < until; done++) await client.read()
    }),
  )
}
const ms = performance.now() - startedAt
const { user, system } = process.cpuUsage(cpuBefore)
console.log(
  JSON.stringify({
    done,
    ms,
    cpuMs: (user + system) / 1000,
    idleMb,
    mostMb: process.resourceUsage().maxRSS / 1024,
  }),
)
process.exit(0)
