import { z } from 'zod'
import type { Clock } from '../../../kit/clock.ts'
import { pause } from '../../../kit/clock.ts'
import type { ClusterGuards } from '../../../../schemas/cluster.ts'
import { ApiError } from './api-error.ts'
import { create } from './apply.ts'
import type { BaselineOptions } from './baseline.ts'
import { parsed } from './objects.ts'
import { probeNetwork } from './network-probe.ts'
import type { Manifest } from './pod-manifest.ts'
import { podManifest } from './pod-manifest.ts'
import type { Program } from './program.ts'
import { agentOf } from './program.ts'
import type { Transport } from './transport.ts'

const tries = 40
const pauseMs = 250

/**
 * Whether the cluster really refuses what the baseline forbids. Pods are sent as a dry run, which goes
 * through admission and is kept nowhere: a server takes every object of the baseline also where the
 * part that should act on it is switched off.
 */
export async function probeGuards(
  transport: Transport,
  org: string,
  options: BaselineOptions,
  clock: Clock,
): Promise<ClusterGuards> {
  const { cpus } = options.limits
  const agent = agentOf(options)
  const pod = (more: number, program: Program = { image: options.image, command: ['true'] }) =>
    podManifest(
      {
        id: 'probe',
        org,
        program: { kind: 'agent' },
        env: {},
        workspace: { key: 'probe', mounts: [] },
        resources: { cpus: 0.1 + more, memoryMb: 64 },
        tags: [],
        timeoutMs: 60_000,
      },
      { mark: options.mark, program, keepsWork: false },
    )
  const refusal = (manifest: Manifest) => refusalOf(transport, manifest)
  const settles = async (holds: () => Promise<boolean>) => {
    for (let n = 0; n < tries; n++) {
      if (await holds()) return true
      await pause(clock, pauseMs)
    }
    return false
  }
  // The account and the state of the quota are seen a moment after they were made.
  for (const wanted of [pod(0), ...(agent ? [pod(0, agent)] : [])]) {
    const allowed = await settles(async () => (await refusal(wanted)) === undefined)
    if (!allowed) throw (await refusal(wanted)) ?? new Error('the cluster cannot make up its mind')
  }
  const said = async (manifest: Manifest, words: string) =>
    (await settles(async () => (await refusal(manifest))?.message.includes(words) ?? false))
      ? ('enforced' as const)
      : ('accepted-only' as const)
  const admission = (manifest: Manifest) => said(manifest, 'ValidatingAdmissionPolicy')
  // What a network plugin does with a policy shows in traffic alone.
  const network = await probeNetwork(transport, org, options, clock)
  return {
    podSecurity: await said(withContainer(pod(0), { securityContext: {} }), 'violates PodSecurity'),
    admission: weakest([
      await admission(withContainer(pod(0), { image: 'switchyard.invalid/other:1' })),
      // A token for somebody else, such as the API server, would be a right that pods are not given.
      ...(agent ? [await admission(pod(0, forSomebodyElse(agent)))] : []),
    ]),
    quota: await said(pod(cpus), 'exceeded quota'),
    networkPolicy: network.state,
    networkPolicyReason: network.reason,
  }
}

const weakest = (found: ClusterGuards['admission'][]): ClusterGuards['admission'] =>
  found.every((one) => one === 'enforced') ? 'enforced' : 'accepted-only'

const forSomebodyElse = (program: Program): Program =>
  program.agent === undefined
    ? program
    : { ...program, agent: { ...program.agent, audience: 'https://kubernetes.default.svc' } }

async function refusalOf(transport: Transport, manifest: Manifest): Promise<ApiError | undefined> {
  try {
    await create(transport, manifest, { dryRun: 'All' })
    return undefined
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return error
    throw error
  }
}

function withContainer(manifest: Manifest, change: object): Manifest {
  const spec = manifest.spec as { containers: object[] } // Made by podManifest.
  return {
    ...manifest,
    spec: { ...spec, containers: spec.containers.map((one) => ({ ...one, ...change })) },
  }
}

/** What the hub has to be allowed, as `verb group/resource`; exec needs two verbs, either alone is refused. */
export const needed = [
  'list /nodes',
  'list /pods',
  'watch /pods',
  'create /pods',
  'get /pods',
  'delete /pods',
  'get /pods/log',
  'get /pods/exec',
  'create /pods/exec',
  'create /pods/eviction',
  'list /events',
  'create /secrets',
  'list /namespaces',
  'delete /namespaces',
  // An apply that makes something new is a create as well.
  ...[
    '/namespaces',
    '/serviceaccounts',
    '/resourcequotas',
    '/limitranges',
    'networking.k8s.io/networkpolicies',
    'admissionregistration.k8s.io/validatingadmissionpolicies',
    'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  ].flatMap((what) => [`get ${what}`, `create ${what}`, `patch ${what}`]),
]

/** The rights that the hub's user lacks in the cluster, or in one namespace. */
export async function missingRights(
  transport: Transport,
  rights: string[],
  namespace?: string,
): Promise<string[]> {
  const asked = rights.map(async (right) => {
    const [verb = '', what = ''] = right.split(' ')
    const [group = '', resource = '', subresource] = what.split('/')
    const review = await transport.json({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: {
            verb,
            group,
            resource,
            ...(subresource ? { subresource } : {}),
            ...(namespace ? { namespace } : {}),
          },
        },
      },
    })
    return parsed(Review, review).status.allowed ? [] : [right.replace(' /', ' ')]
  })
  return (await Promise.all(asked)).flat()
}

const Review = z.object({ status: z.object({ allowed: z.boolean() }) })
