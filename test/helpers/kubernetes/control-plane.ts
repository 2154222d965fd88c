import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import type { Dispatcher } from 'undici'
import { until } from '../hub.ts'
import { makeAuthority } from './certificates.ts'
import { end } from './processes.ts'

/** A running control plane on this machine, with an administrator's kubeconfig. */
export type ControlPlane = {
  url: string
  kubeconfig: string
  /** Context of the kubeconfig that is the administrator's. */
  context: string
  /** File with the certificate of the authority that all parts trust. */
  authority: string
  /** A kubeconfig of somebody else, by the names in their certificate. */
  kubeconfigOf(user: string, group: string): object
  /** Connections of the administrator. */
  dispatcher: Dispatcher
  /** One request as the administrator. */
  api(
    method: string,
    path: string,
    body?: unknown,
    type?: string,
  ): Promise<{ status: number; body: unknown }>
  /** Requests of who has a token. */
  as(token: string): ControlPlane['api']
  /** Ends the API server at once and starts it again, or keeps it away meanwhile. */
  restartApi(away?: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts etcd, API server, scheduler and controller manager, each as a process of this test's own. With
 * an address, the API server is told to clients of the cluster under it, and listens everywhere.
 */
export async function startControlPlane(binary: string, address?: string): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-kubernetes-'))
  const authority = makeAuthority(folder)
  const admin = authority.issue('admin', '/O=system:masters/CN=admin')
  const serving = authority.issue('serving', '/CN=localhost')
  const [etcdPort, peerPort, freePort, schedulerPort, controllerPort] = await freePorts(5)
  // Network policies name the usual port.
  const apiPort = address === undefined ? freePort : 6443
  const url = `https://127.0.0.1:${apiPort}`
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, JSON.stringify(configOf(url, authority.caData, admin)), { mode: 0o600 })
  const run = (name: string, ...args: string[]): ChildProcess => {
    const log = openSync(join(folder, `${name}.log`), 'a')
    const child = spawn(binary, args, { stdio: ['ignore', log, log], cwd: folder })
    closeSync(log)
    return child
  }
  const etcd = `http://127.0.0.1:${etcdPort}`
  const startApi = () =>
    run(
      'api',
      'kube-apiserver',
      `--etcd-servers=${etcd}`,
      `--secure-port=${apiPort}`,
      ...[
        `--bind-address=${address === undefined ? '127.0.0.1' : '0.0.0.0'}`,
        `--advertise-address=${address ?? '127.0.0.1'}`,
        `--endpoint-reconciler-type=${address === undefined ? 'none' : 'lease'}`,
        `--tls-cert-file=${serving.cert}`,
        `--tls-private-key-file=${serving.key}`,
        `--client-ca-file=${authority.ca}`,
        `--kubelet-client-certificate=${admin.cert}`,
        `--kubelet-client-key=${admin.key}`,
        `--service-account-key-file=${authority.accounts}`,
        `--service-account-signing-key-file=${authority.accounts}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        '--service-cluster-ip-range=10.96.0.0/16',
        '--authorization-mode=Node,RBAC',
        '--kubelet-preferred-address-types=InternalIP',
        `--cert-dir=${folder}`,
      ],
    )
  const agent = new Agent({
    connect: {
      ca: readFileSync(authority.ca),
      cert: readFileSync(admin.cert),
      key: readFileSync(admin.key),
    },
  })
  const plain = new Agent({ connect: { ca: readFileSync(authority.ca) } })
  const asks =
    (dispatcher: Dispatcher, more: Record<string, string>): ControlPlane['api'] =>
    async (method, path, body, type = 'application/json') => {
      const answer = await request(`${url}${path}`, {
        method: method as 'GET', // Whatever the test asks for.
        dispatcher,
        headers: { ...more, ...(body === undefined ? {} : { 'content-type': type }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.body.text()
      return { status: answer.statusCode, body: text.startsWith('{') ? JSON.parse(text) : text }
    }
  const api = asks(agent, {})
  const isReady = () =>
    api('GET', '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    )
  mkdirSync(join(folder, 'etcd'))
  const etcdProcess = run(
    'etcd',
    'etcd',
    `--data-dir=${folder}/etcd`,
    `--client-url=${etcd}`,
    `--peer-url=http://127.0.0.1:${peerPort}`,
  )
  let apiProcess = startApi()
  const others: ChildProcess[] = []
  const stop = async () => {
    for (const child of [...others, apiProcess, etcdProcess]) await end(child)
    await Promise.all([agent.destroy(), plain.destroy()])
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await until(isReady, 120_000)
    const access = ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map(
      (flag) => `--${flag}=${kubeconfig}`,
    )
    const own = [
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--cert-dir=${folder}`,
      ...access,
    ]
    others.push(run('scheduler', 'kube-scheduler', `--secure-port=${schedulerPort}`, ...own))
    const signing = [
      `--service-account-private-key-file=${authority.accounts}`,
      `--root-ca-file=${authority.ca}`,
    ]
    others.push(
      run(
        'controllers',
        'kube-controller-manager',
        `--secure-port=${controllerPort}`,
        '--use-service-account-credentials=true',
        ...signing,
        ...own,
      ),
    )
    await until(
      async () =>
        (await api('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
      120_000,
    )
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    kubeconfig,
    context: 'admin@test',
    authority: authority.ca,
    kubeconfigOf: (user, group) =>
      configOf(url, authority.caData, authority.issue(user, `/O=${group}/CN=${user}`)),
    dispatcher: agent,
    api,
    as: (token) => asks(plain, { authorization: `Bearer ${token}` }),
    async restartApi(away) {
      await end(apiProcess)
      await away?.()
      apiProcess = startApi()
      await until(isReady, 120_000)
    },
    stop,
  }
}

/** Ports of this machine that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(
    servers.map((server) => new Promise((resolve) => server.once('listening', resolve))),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port) // Of TCP servers.
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

const configOf = (
  server: string,
  caData: string,
  admin: { certData: string; keyData: string },
) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'admin@test',
  clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': caData } }],
  users: [
    {
      name: 'admin',
      user: { 'client-certificate-data': admin.certData, 'client-key-data': admin.keyData },
    },
  ],
  contexts: [{ name: 'admin@test', context: { cluster: 'test', user: 'admin' } }],
})
