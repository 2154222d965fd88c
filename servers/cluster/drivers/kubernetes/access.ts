import { join } from 'node:path'
import { HubError } from '../../../../schemas/errors.ts'
import { accessIn, contextsOf, readKubeconfig } from './kubeconfig.ts'
import { readText } from './read-text.ts'

/** How the hub proves who it is; files are read again, since what is in them is renewed. */
export type Credential =
  | { kind: 'certificate'; cert: string; key: string }
  | { kind: 'token'; token: string }
  /** A token that the hub itself has renewed before it runs out. */
  | { kind: 'renewed'; current: () => Promise<{ token: string; until: number }> }
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
  /** When it is to be read again, where it may be replaced without a refusal. */
  until?: number
}

/** Where the access to a cluster is read from each time: the hub keeps no copy of what is in it. */
export type AccessSource =
  | { source: 'kubeconfig'; kubeconfig: string; context: string }
  | { source: 'in-cluster' }

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

export function readAccess(
  from: AccessSource,
  environment: Record<string, string | undefined> = process.env,
): Promise<Access> {
  return from.source === 'in-cluster'
    ? inCluster(environment)
    : readKubeconfig(from.kubeconfig).then((config) => accessIn(config, from.context))
}

export const listContexts = async (path: string): Promise<string[]> =>
  contextsOf(await readKubeconfig(path))

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
