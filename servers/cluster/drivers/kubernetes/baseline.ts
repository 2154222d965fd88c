import type { Mark } from './names.ts'
import { accountName, hubLabel, labelsOf, namespaceOf, orgLabel, policyName } from './names.ts'
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
  limits: OrgLimits
  /** Address that pods reach the hub at. */
  hubUrl?: string | undefined
  /** Further networks that pods may reach, in CIDR notation. */
  egress: string[]
}

/** What stands around the pods of an org before the first of them starts, in the order to apply it. */
export function baselineOf(org: string, options: BaselineOptions): Manifest[] {
  const namespace = namespaceOf(options, org)
  const { limits } = options
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
    policy('allowed', {
      policyTypes: ['Egress'],
      egress: [dns, ...(hubUrl === undefined ? [] : [hubRule(new URL(hubUrl))]), ...networks],
    }),
  ]
}

/** `NAME.NAMESPACE.svc` is a service of the cluster; anything else has to be an IP address. */
export const serviceNamespace = (hostname: string): string | undefined =>
  /^[^.]+\.([^.]+)\.svc(\.|$)/.exec(hostname)?.[1]

function hubRule({ protocol, hostname, port }: URL): object {
  const namespace = serviceNamespace(hostname)
  const address = hostname.replace(/^\[|\]$/g, '')
  const peer =
    namespace === undefined
      ? { ipBlock: { cidr: `${address}/${address.includes(':') ? 128 : 32}` } }
      : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }
  const number = Number(port) || (protocol === 'https:' ? 443 : 80)
  // A service is reached at the port of its pods, which the hub does not know.
  const ports = namespace === undefined ? { ports: [{ protocol: 'TCP', port: number }] } : {}
  return { to: [peer], ...ports }
}

/** What PodSecurity does not say: whose image runs, as which account. It counts in our namespaces alone. */
function admissionPolicy(options: BaselineOptions): Manifest[] {
  const name = policyName(options)
  const labels = labelsOf(options, '')
  delete labels[orgLabel]
  const image = JSON.stringify(options.image)
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
            `object.spec.containers.all(c, c.image == ${image}) && !has(object.spec.initContainers)`,
            `pods here run the image ${options.image} alone`,
          ),
          validation(
            `object.spec.serviceAccountName == '${accountName}' && has(object.spec.automountServiceAccountToken) && !object.spec.automountServiceAccountToken`,
            `pods here run as the account ${accountName}, without its token`,
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
