import { readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import { yaml } from '../../../kit/lazy.ts'

/** How the hub proves who it is; files are read again, since what is in them is renewed. */
export type Credential =
  | { kind: 'certificate'; cert: string; key: string }
  | { kind: 'token'; token: string }
  | { kind: 'token-file'; path: string }
  | {
      kind: 'program'
      program: string
      args: string[]
      env: Record<string, string>
      version: string
    }

/** Where an API server is, by what it is known, and how the hub signs in. */
export type Access = {
  server: string
  ca: string | undefined
  serverName: string | undefined
  credential: Credential
}

/** Where the access to a cluster is read from each time: the hub keeps no copy of what is in it. */
export type AccessSource =
  | { source: 'kubeconfig'; kubeconfig: string; context: string }
  | { source: 'in-cluster' }

const maxFileBytes = 1024 * 1024
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

export function readAccess(
  from: AccessSource,
  environment: Record<string, string | undefined> = process.env,
): Promise<Access> {
  return from.source === 'in-cluster'
    ? inCluster(environment)
    : fromKubeconfig(from.kubeconfig, from.context)
}

/** The contexts of a kubeconfig, by name. The current one is never taken silently: it may be production. */
export async function listContexts(path: string): Promise<string[]> {
  return (await readKubeconfig(path)).contexts.map(({ name }) => name)
}

async function inCluster(environment: Record<string, string | undefined>): Promise<Access> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = environment
  if (!host)
    throw new HubError('unsupported', 'the hub does not run in a cluster', {
      hint: 'Name a kubeconfig and one of its contexts instead.',
    })
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: await readText(join(accountFolder, 'ca.crt')),
    serverName: undefined,
    credential: { kind: 'token-file', path: join(accountFolder, 'token') },
  }
}

async function fromKubeconfig(path: string, wanted: string): Promise<Access> {
  const config = await readKubeconfig(path)
  const context = config.contexts.find(({ name }) => name === wanted)?.context
  if (!context)
    throw new HubError('not_found', `${path} has no context ${JSON.stringify(wanted)}`, {
      hint: `It has: ${config.contexts.map(({ name }) => name).join(', ') || 'none'}.`,
    })
  const cluster = config.clusters.find(({ name }) => name === context.cluster)?.cluster
  const user = config.users.find(({ name }) => name === context.user)?.user
  if (!cluster || !user)
    throw new HubError(
      'invalid',
      `the context ${wanted} of ${path} names a cluster or user that is not in it`,
    )
  const folder = dirname(path)
  assertSafe(cluster, `the cluster ${context.cluster} of ${path}`)
  return {
    server: cluster.server.replace(/\/+$/, ''),
    ca: await textOf(
      cluster['certificate-authority-data'],
      cluster['certificate-authority'],
      folder,
    ),
    serverName: cluster['tls-server-name'],
    credential: await credentialOf(user, folder, `the user ${context.user} of ${path}`),
  }
}

/** Without a certificate that is checked, the hub would show its credential to anybody on the way. */
function assertSafe(cluster: KubeCluster, name: string): void {
  const { protocol, hostname } = new URL(cluster.server)
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (cluster['insecure-skip-tls-verify'] || (protocol === 'http:' && !isLoopback))
    throw new HubError('unsupported', `${name} is reached without checking who answers`, {
      hint: 'Give its certificate-authority and remove insecure-skip-tls-verify.',
    })
  if (cluster['proxy-url'] !== undefined)
    throw new HubError(
      'unsupported',
      `${name} is reached through a proxy, which the hub cannot use`,
    )
}

async function credentialOf(user: User, folder: string, name: string): Promise<Credential> {
  const cert = await textOf(user['client-certificate-data'], user['client-certificate'], folder)
  const key = await textOf(user['client-key-data'], user['client-key'], folder)
  if (cert !== undefined && key !== undefined) return { kind: 'certificate', cert, key }
  if (user.tokenFile !== undefined)
    return { kind: 'token-file', path: resolved(user.tokenFile, folder) }
  if (user.token !== undefined) return { kind: 'token', token: user.token }
  if (user.exec) {
    const { command, args, env, apiVersion: version } = user.exec
    const program = command.includes('/') ? resolved(command, folder) : command
    const pairs = (env ?? []).map(({ name, value }) => [name, value])
    return { kind: 'program', program, args: args ?? [], env: Object.fromEntries(pairs), version }
  }
  throw new HubError('unsupported', `${name} has no credential that the hub can use`, {
    hint: 'A client certificate, a token, a token file or an exec plugin.',
  })
}

async function readKubeconfig(path: string): Promise<Kubeconfig> {
  if (!isAbsolute(path))
    throw new HubError(
      'invalid',
      `${path} is no absolute path of a kubeconfig on the hub's machine`,
    )
  const parsed = Kubeconfig.safeParse(parseYaml(await readText(path), path))
  if (parsed.success) return parsed.data
  throw new HubError('invalid', `${path} is no kubeconfig: ${z.prettifyError(parsed.error)}`)
}

function parseYaml(text: string, path: string): unknown {
  try {
    return yaml().parse(text)
  } catch {
    // The parser's message quotes the line, which may be a key.
    throw new HubError('invalid', `${path} is no kubeconfig: it is no YAML`)
  }
}

async function textOf(data: string | undefined, file: string | undefined, folder: string) {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  return file === undefined ? undefined : readText(resolved(file, folder))
}

export async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > maxFileBytes) throw new HubError('invalid', `${path} is larger than 1 MiB`)
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof HubError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new HubError('not_found', `${path} cannot be read: ${why}`, { cause })
  }
}

const resolved = (path: string, folder: string) => (isAbsolute(path) ? path : join(folder, path))

const text = z.string().optional()
const KubeCluster = z.object({
  server: z.url(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': text,
  'proxy-url': text,
})
type KubeCluster = z.infer<typeof KubeCluster>

const User = z.object({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  exec: z
    .object({
      apiVersion: z.string(),
      command: z.string(),
      args: z.array(z.string()).nullish(),
      env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
    })
    .optional(),
})
type User = z.infer<typeof User>

const Kubeconfig = z.object({
  clusters: z.array(z.object({ name: z.string(), cluster: KubeCluster })),
  users: z.array(z.object({ name: z.string(), user: User })),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }),
  ),
})
type Kubeconfig = z.infer<typeof Kubeconfig>
