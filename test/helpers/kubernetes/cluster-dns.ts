import { until } from '../hub.ts'
import type { ControlPlane } from './control-plane.ts'

/** Address of the service that pods ask for names. */
export const dnsAddress = '10.96.0.10'

/**
 * Names of services, told by a pod where clusters have it: `kube-dns` in `kube-system`. Its account is
 * one that each API server lets read the services.
 */
export async function startDns({ api }: ControlPlane, image: string): Promise<void> {
  const made = async (kind: string, object: object) => {
    const { status, body } = await api('POST', `/api/v1/namespaces/kube-system/${kind}`, object)
    if (status !== 201) throw new Error(`${kind} were not made: ${JSON.stringify(body)}`)
  }
  const metadata = { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }
  await made('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  const port = (protocol: string) => ({ name: protocol.toLowerCase(), port: 53, protocol })
  await made('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      clusterIP: dnsAddress,
      selector: metadata.labels,
      ports: [port('UDP'), port('TCP')],
    },
  })
  await made('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: {
      serviceAccountName: 'kube-dns',
      // It is what others ask.
      dnsPolicy: 'Default',
      securityContext: { runAsUser: 0 },
      containers: [
        {
          name: 'dns',
          image,
          imagePullPolicy: 'Never',
          command: ['node', '-e', server],
          env: [
            { name: 'NODE_EXTRA_CA_CERTS', value: `${accountFolder}/ca.crt` },
            { name: 'ACCOUNT', value: accountFolder },
          ],
          readinessProbe: { tcpSocket: { port: 53 }, periodSeconds: 1 },
        },
      ],
    },
  })
  await until(async () => {
    const { body } = await api('GET', '/api/v1/namespaces/kube-system/pods/kube-dns')
    const { conditions = [] } = (body as { status: { conditions?: Condition[] } }).status // A pod.
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  }, 90_000)
}

type Condition = { type: string; status: string }

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

// Answers for `NAME.NAMESPACE.svc.cluster.local` with the address of the service; all else is unknown.
const server = String.raw`
const { readFileSync } = require('node:fs')
const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, ACCOUNT: account } = process.env
const addressOf = async (name) => {
  const [, service, namespace] = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/i.exec(name) ?? []
  if (!service) return undefined
  const authorization = 'Bearer ' + readFileSync(account + '/token', 'utf8')
  const answer = await fetch('https://' + host + ':' + port + '/api/v1/services', { headers: { authorization } })
  const { items = [] } = await answer.json()
  const found = items.find(({ metadata }) => metadata.name === service && metadata.namespace === namespace)
  return found?.spec.clusterIP
}
const answerTo = async (query) => {
  const labels = []
  let at = 12
  for (; query[at] > 0; at += query[at] + 1) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]))
  const type = query.readUInt16BE(at + 1)
  const address = await addressOf(labels.join('.'))
  const isTold = address !== undefined && type === 1
  const head = Buffer.alloc(12)
  query.copy(head, 0, 0, 2)
  head.writeUInt16BE(0x8580 | (address === undefined ? 3 : 0), 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(isTold ? 1 : 0, 6)
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4]
  const data = isTold ? [Buffer.from(record), Buffer.from(address.split('.').map(Number))] : []
  return Buffer.concat([head, query.subarray(12, at + 5), ...data])
}
const said = (error) => console.error(error)
const udp = require('node:dgram').createSocket('udp4')
udp.on('message', (query, from) => {
  answerTo(query).then((answer) => udp.send(answer, from.port, from.address), said)
})
udp.bind(53)
require('node:net').createServer((socket) => {
  socket.on('error', said).on('data', (data) => {
    answerTo(data.subarray(2)).then((answer) => socket.end(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer])), said)
  })
}).listen(53)
`
