import { dirname, isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import { yaml } from '../../../kit/lazy.ts'
import type { Access, Credential } from './access.ts'
import { readText } from './read-text.ts'

/** A kubeconfig and where it comes from. */
export type KubeconfigText = {
  text: string
  /** What it is called when something is wrong with it. */
  name: string
  /** Where paths in it begin; absent where it was sent: then it may name no file and no program of this machine. */
  folder?: string
}

/** A kubeconfig on the machine of the hub. */
export async function readKubeconfig(path: string): Promise<KubeconfigText> {
  if (!isAbsolute(path))
    throw new HubError(
      'invalid',
      `${path} is no absolute path of a kubeconfig on the hub's machine`,
    )
  return { text: await readText(path), name: path, folder: dirname(path) }
}

/** The contexts of a kubeconfig, by name. The current one is never taken silently: it may be production. */
export const contextsOf = (from: KubeconfigText): string[] =>
  parse(from).contexts.map(({ name }) => name)

/** The access that a context stands for. One that was made for a single cluster is read by its current one. */
export async function accessIn(from: KubeconfigText, wanted?: string): Promise<Access> {
  const config = parse(from)
  const { name, folder } = from
  const asked = wanted ?? config['current-context'] ?? ''
  const context = config.contexts.find((one) => one.name === asked)?.context
  if (!context)
    throw new HubError('not_found', `${name} has no context ${JSON.stringify(asked)}`, {
      hint: `It has: ${config.contexts.map((one) => one.name).join(', ') || 'none'}.`,
    })
  const cluster = config.clusters.find((one) => one.name === context.cluster)?.cluster
  const user = config.users.find((one) => one.name === context.user)?.user
  if (!cluster || !user)
    throw new HubError(
      'invalid',
      `the context ${asked} of ${name} names a cluster or user that is not in it`,
    )
  assertSafe(cluster, `the cluster ${context.cluster} of ${name}`)
  return {
    server: cluster.server.replace(/\/+$/, ''),
    ca: await textOf(
      cluster['certificate-authority-data'],
      cluster['certificate-authority'],
      folder,
    ),
    serverName: cluster['tls-server-name'],
    credential: await credentialOf(user, folder, `the user ${context.user} of ${name}`),
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

async function credentialOf(
  user: User,
  folder: string | undefined,
  name: string,
): Promise<Credential> {
  const cert = await textOf(user['client-certificate-data'], user['client-certificate'], folder)
  const key = await textOf(user['client-key-data'], user['client-key'], folder)
  if (cert !== undefined && key !== undefined) return { kind: 'certificate', cert, key }
  if (user.tokenFile !== undefined)
    return { kind: 'token-file', path: resolved(user.tokenFile, folder) }
  if (user.token !== undefined) return { kind: 'token', token: user.token }
  if (user.exec) {
    const { command, args, env, apiVersion: version } = user.exec
    if (folder === undefined) throw foreign(command)
    const program = command.includes('/') ? resolved(command, folder) : command
    const pairs = (env ?? []).map(({ name, value }) => [name, value])
    return { kind: 'program', program, args: args ?? [], env: Object.fromEntries(pairs), version }
  }
  throw new HubError('unsupported', `${name} has no credential that the hub can use`, {
    hint: 'A client certificate, a token, a token file or an exec plugin.',
  })
}

function parse({ text, name }: KubeconfigText): Kubeconfig {
  const parsed = Kubeconfig.safeParse(parseYaml(text, name))
  if (parsed.success) return parsed.data
  throw new HubError('invalid', `${name} is no kubeconfig: ${z.prettifyError(parsed.error)}`)
}

function parseYaml(text: string, path: string): unknown {
  try {
    return yaml().parse(text)
  } catch {
    // The parser's message quotes the line, which may be a key.
    throw new HubError('invalid', `${path} is no kubeconfig: it is no YAML`)
  }
}

async function textOf(
  data: string | undefined,
  file: string | undefined,
  folder: string | undefined,
) {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  return file === undefined ? undefined : readText(resolved(file, folder))
}

function resolved(path: string, folder: string | undefined): string {
  if (folder === undefined) throw foreign(path)
  return isAbsolute(path) ? path : join(folder, path)
}

const foreign = (path: string) =>
  new HubError(
    'unsupported',
    `a kubeconfig that was sent to the hub names ${path} of its machine`,
    {
      hint: 'Only one that holds its certificates and tokens itself can be used.',
    },
  )

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
  'current-context': text,
  clusters: z.array(z.object({ name: z.string(), cluster: KubeCluster })),
  users: z.array(z.object({ name: z.string(), user: User })),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }),
  ),
})
type Kubeconfig = z.infer<typeof Kubeconfig>
