import { isIP } from 'node:net'
import { queueName } from './extensions.ts'
import type { Mark } from './names.ts'
import {
  accountName,
  audienceOf,
  authorityKey,
  authorityName,
  hubLabel,
  labelsOf,
  namespaceOf,
  orgLabel,
  policyName,
  probeLabel,
} from './names.ts'
import type { Manifest } from './pod-manifest.ts'

/** What an org may use of a cluster, and whom its pods may speak with. */
type OrgLimits = {
  pods: number
  cpus: number
  memoryMb: number
  storageGb: number
}

export type BaselineOptions = Mark & {
  image: string
  agentImage?: string | undefined
  limits: OrgLimits
  /** Address that pods reach the hub at. */
  hubUrl?: string | undefined
  /** What pods trust the hub by, where their image does not know its authority. */
  hubCa?: string | undefined
  /** Further networks that pods may reach, in CIDR notation. */
  egress: string[]
  /** The queue of the cluster that its pods wait in. */
  queue?: { name: string; apiVersion: string } | undefined
}

/** What stands around the pods of an org before the first of them starts, in the order to apply it. */
export function baselineOf(org: string, options: BaselineOptions): Manifest[] {
  const namespace = namespaceOf(options, org)
  const { limits, queue, hubCa } = options
  const labels = labelsOf(options, org)
  const metadata = (name: string) => ({ name, namespace, labels })
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          ...labels,
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/enforce-version': 'latest',
          'pod-security.kubernetes.io/warn': 'restricted',
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: metadata(accountName),
      automountServiceAccountToken: false,
    },
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: metadata('org'),
      spec: {
        hard: {
          pods: `${limits.pods}`,
          'requests.cpu': `${limits.cpus}`,
          'limits.cpu': `${limits.cpus}`,
          'requests.memory': `${limits.memoryMb}Mi`,
          'limits.memory': `${limits.memoryMb}Mi`,
          'requests.storage': `${limits.storageGb}Gi`,
          'services.nodeports': '0',
          'services.loadbalancers': '0',
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: metadata('org'),
      spec: {
        limits: [
          {
            type: 'Container',
            default: { cpu: '1', memory: '512Mi' },
            defaultRequest: { cpu: '100m', memory: '128Mi' },
          },
        ],
      },
    },
    ...(queue === undefined
      ? []
      : [
          {
            apiVersion: queue.apiVersion,
            kind: 'LocalQueue',
            metadata: metadata(queueName),
            spec: { clusterQueue: queue.name },
          },
        ]),
    ...(hubCa === undefined
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: metadata(authorityName),
            data: { [authorityKey]: hubCa },
          },
        ]),
    ...networkPolicies(metadata, options),
    ...admissionPolicy(options),
  ]
}

function networkPolicies(
  metadata: (name: string) => Manifest['metadata'],
  { hubUrl, egress }: BaselineOptions,
): Manifest[] {
  const policy = (name: string, spec: object): Manifest => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(name),
    spec: { podSelector: {}, ...spec },
  })
  const dns = {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      },
    ],
    ports: [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
  }
  const networks = egress.map((cidr) => ({ to: [{ ipBlock: { cidr } }] }))
  return [
    policy('default-deny', { policyTypes: ['Ingress', 'Egress'] }),
    ...probePolicies(policy),
    policy('allowed', {
      policyTypes: ['Egress'],
      egress: [dns, ...(hubUrl === undefined ? [] : hubRules(new URL(hubUrl))), ...networks],
    }),
  ]
}

/** Lets one probe of the network reach another; no pod that runs work has these labels. */
function probePolicies(policy: (name: string, spec: object) => Manifest): Manifest[] {
  const pods = (role: string) => ({ podSelector: { matchLabels: { [probeLabel]: role } } })
  const [listener, allowed] = [pods('listener'), pods('allowed')]
  return [
    policy('probe-listener', {
      ...listener,
      policyTypes: ['Ingress'],
      ingress: [{ from: [allowed] }],
    }),
    policy('probe-allowed', { ...allowed, policyTypes: ['Egress'], egress: [{ to: [listener] }] }),
  ]
}

/** `NAME.NAMESPACE.svc` is a service of the cluster; else it is an IP address, or a name in `egress`. */
export const serviceNamespace = (hostname: string): string | undefined =>
  /^[^.]+\.([^.]+)\.svc(\.|$)/.exec(hostname)?.[1]

function hubRules({ protocol, hostname, port }: URL): object[] {
  const namespace = serviceNamespace(hostname)
  const address = hostname.replace(/^\[|\]$/g, '')
  // A policy knows addresses and namespaces, no names: those are among the networks in `egress`.
  if (namespace === undefined && isIP(address) === 0) return []
  const peer =
    namespace === undefined
      ? { ipBlock: { cidr: `${address}/${address.includes(':') ? 128 : 32}` } }
      : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }
  const number = Number(port) || (protocol === 'https:' ? 443 : 80)
  // A service is reached at the port of its pods, which the hub does not know.
  const ports = namespace === undefined ? { ports: [{ protocol: 'TCP', port: number }] } : {}
  return [{ to: [peer], ...ports }]
}

/** What PodSecurity does not say: whose image runs, as which account. It counts in our namespaces alone. */
function admissionPolicy(options: BaselineOptions): Manifest[] {
  const name = policyName(options)
  const labels = labelsOf(options, '')
  delete labels[orgLabel]
  const { image, agentImage } = options
  const images = [image, ...(agentImage === undefined ? [] : [agentImage])]
  const validation = (expression: string, message: string) => ({ expression, message })
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name, labels },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['pods'],
            },
          ],
        },
        validations: [
          validation(
            `object.spec.containers.all(c, c.image in ${JSON.stringify(images)}) && !has(object.spec.initContainers)`,
            `pods here run ${images.join(' or ')} alone`,
          ),
          validation(
            `object.spec.serviceAccountName == '${accountName}' && has(object.spec.automountServiceAccountToken) && !object.spec.automountServiceAccountToken`,
            `pods here run as the account ${accountName}, without its token`,
          ),
          validation(
            `!has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.projected) || v.projected.sources.all(s, has(s.serviceAccountToken) && has(s.serviceAccountToken.audience) && s.serviceAccountToken.audience == '${audienceOf(options)}'))`,
            'pods here are given no token but the one that tells the hub who they are',
          ),
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name, labels },
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        matchResources: { namespaceSelector: { matchLabels: { [hubLabel]: options.mark } } },
      },
    },
  ]
}
