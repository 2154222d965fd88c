import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

// An API server over TLS with many pods, each as long as a real one with its managed fields. What it
// sends is made before, so that an answer costs it the same whoever asks.
const [count = '0', cert = '', key = ''] = process.argv.slice(2)

const podOf = (n: number) => ({
  metadata: {
    name: `agent-${n}`,
    namespace: `org-${n % 20}`,
    uid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    resourceVersion: String(100_000 + n),
    creationTimestamp: '2026-11-26T10:00:00Z',
    labels: { 'switchyard.dev/pod': `agent-${n}`, 'switchyard.dev/org': `org-${n % 20}` },
    managedFields: ['switchyard', 'kube-scheduler', 'kubelet'].map((manager) => ({
      manager,
      operation: 'Apply',
      apiVersion: 'v1',
      time: '2026-11-26T10:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:metadata': { 'f:labels': { 'f:switchyard.dev/pod': {} } }, 'f:spec': {} },
    })),
  },
  spec: {
    nodeName: `node-${n % 500}`,
    serviceAccountName: 'agent',
    restartPolicy: 'Never',
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, fsGroup: 65_532 },
    containers: [
      {
        name: 'agent',
        image: 'registry.example/agent@sha256:'.padEnd(94, '0'),
        command: ['/bin/sh', '-c', 'exec switchyard-agent'],
        env: Array.from({ length: 12 }, (_unused, at) => ({ name: `SETTING_${at}`, value: 'x' })),
        resources: {
          limits: { cpu: '500m', memory: '512Mi' },
          requests: { cpu: '500m', memory: '512Mi' },
        },
        volumeMounts: ['home', 'tmp', 'work'].map((name) => ({ name, mountPath: `/${name}` })),
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
    volumes: ['home', 'tmp', 'work'].map((name) => ({ name, emptyDir: { sizeLimit: '1Gi' } })),
    tolerations: ['not-ready', 'unreachable'].map((name) => ({
      key: `node.kubernetes.io/${name}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
  },
  status: {
    phase: 'Running',
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: '2026-11-26T10:00:01Z',
    })),
    hostIP: '10.0.0.1',
    podIP: '10.1.0.1',
    containerStatuses: [
      {
        name: 'agent',
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: '2026-11-26T10:00:02Z' } },
      },
    ],
  },
})

const pods = Array.from({ length: Number(count) }, (_unused, n) => JSON.stringify(podOf(n)))
const one = Buffer.from(
  JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...(JSON.parse(pods[0] ?? '{}') as object) }),
)

function page(query: URLSearchParams): string {
  const begin = Number(query.get('continue') ?? 0)
  const end = begin + Number(query.get('limit') ?? pods.length)
  const next = end < pods.length ? `,"continue":"${end}"` : ''
  return `{"apiVersion":"v1","kind":"PodList","metadata":{"resourceVersion":"1"${next}},"items":[${pods.slice(begin, end).join(',')}]}`
}

const server = createServer(
  { cert: readFileSync(cert), key: readFileSync(key) },
  (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://double')
    response.setHeader('content-type', 'application/json')
    response.end(pathname === '/api/v1/pods' ? page(searchParams) : one)
  },
)
let connections = 0
server.on('secureConnection', () => connections++)
process.on('SIGUSR2', () => console.log(`connections ${connections}`))
server.listen(0, '127.0.0.1', () =>
  console.log(`listening ${(server.address() as AddressInfo).port}`),
) // Of a TCP server.
