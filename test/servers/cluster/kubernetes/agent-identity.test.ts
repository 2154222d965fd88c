import { expect, onTestFinished, test } from 'vitest'
import { HubClient } from '../../../../agent/hub-client.ts'
import type { Pod } from '../../../../schemas/cluster.ts'
import type { Task } from '../../../../schemas/task.ts'
import { makeFolder } from '../../../helpers/folder.ts'
import { failure, until } from '../../../helpers/hub.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'
import { ProcessHub } from '../../../helpers/process-hub.ts'
import {
  argsOf,
  audienceOf,
  command,
  host,
  hubAndCluster,
  podsOf,
  submit,
  taskOf,
} from './agent-cluster.ts'

const principalOf = async (client: HubClient) =>
  (await client.call<{ principal: object }>('whoami')).principal

test('a pod is who its cluster says, for as long as it runs', async () => {
  const { hub, double } = await hubAndCluster()
  const { id } = await submit(hub, 'sleep 60')
  await until(async () => (await taskOf(hub, id)).state === 'running')
  const [pod] = double.objects.list('pods', undefined)
  const { audience } = audienceOf(double)
  const whoami = (token: string) => principalOf(new HubClient({ url: hub.url, token }))
  const token = double.tokens.issue(pod!, audience)
  const before = double.state.reviews
  expect(await whoami(token)).toMatchObject({
    id: `agent-${pod!.metadata.name}`,
    kind: 'agent',
    roles: ['agent'],
    orgs: ['default'],
  })
  await Promise.all([whoami(token), whoami(token)])
  expect(double.state.reviews - before).toBe(1)
  const refused = { code: 'unauthenticated' }
  const other = { ...pod!, metadata: { ...pod!.metadata, uid: 'other' } }
  for (const wrong of [
    double.tokens.issue(pod!, 'https://kubernetes.default.svc'),
    double.tokens.issue(other, audience),
    double.tokens.issue({ ...pod!, metadata: { ...pod!.metadata, name: 'other' } }, audience),
  ])
    expect(await failure(whoami(wrong))).toMatchObject(refused)
  // None of these was worth a question; one with the right words and no signature is.
  expect(double.state.reviews - before).toBe(1)
  const forged = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(300)}`
  expect(await failure(whoami(forged))).toMatchObject(refused)
  const stranger = { ...pod!, spec: { ...pod!.spec, serviceAccountName: 'default' } }
  expect(await failure(whoami(double.tokens.issue(stranger, audience)))).toMatchObject(refused)
  // While the cluster cannot say, it is not known whose it is: that is no refusal.
  const fresh = double.tokens.issue(pod!, audience)
  double.state.fails = { status: 503, body: { message: 'away' } }
  expect(await failure(whoami(fresh))).toMatchObject({ code: 'unavailable' })
  expect(await whoami(token)).toMatchObject({ kind: 'agent' })
  double.state.fails = undefined
  expect(await whoami(fresh)).toMatchObject({ kind: 'agent' })
  await hub.call('task_cancel', { task: id })
  await until(async () => (await podsOf(hub, id))[0]?.state === 'exited')
  for (const late of [token, fresh]) expect(await failure(whoami(late))).toMatchObject(refused)
})

test('a pod that runs a command is nobody to the hub', async () => {
  const { hub, double } = await hubAndCluster()
  await hub.call<Pod>('pod_run', { command: ['sleep', '60'], cluster: 'kube' })
  const [pod] = double.objects.list('pods', undefined)
  expect(JSON.stringify(pod)).not.toContain('serviceAccountToken"')
  const token = double.tokens.issue(pod!, audienceOf(double).audience)
  expect(await failure(new HubClient({ url: hub.url, token }).call('whoami'))).toMatchObject({
    code: 'unauthenticated',
  })
})

test('pods that a killed hub left are who they were once it knows them again', async () => {
  const double = await startDouble()
  const hub = new ProcessHub(makeFolder('kube-hub'), [
    '--allowed-hosts',
    host,
    '--isolation',
    'none',
  ])
  onTestFinished(() => hub.kill())
  await hub.start()
  const client = hub.client()
  await client.call('cluster_add', argsOf(double))
  double.services.set(host, hub.url)
  const { id } = await client.call<Task>('task_submit', command('sleep 60'))
  const read = async () => (await client.call<{ task: Task }>('task_read', { task: id })).task
  await until(async () => (await read()).state === 'running')
  const [pod] = double.objects.list('pods', undefined)
  const token = double.tokens.issue(pod!, audienceOf(double).audience)
  await hub.kill()
  await hub.start()
  const agent = new HubClient({ url: hub.url, token }, 30_000)
  expect(await principalOf(agent)).toMatchObject({ id: `agent-${pod!.metadata.name}` })
})
