import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../../servers/cluster/drivers/kubernetes/api-error.ts'
import { missingFrom } from '../../../../servers/cluster/drivers/kubernetes/apply.ts'
import { baselineOf } from '../../../../servers/cluster/drivers/kubernetes/baseline.ts'
import { capacitiesOf } from '../../../../servers/cluster/drivers/kubernetes/nodes.ts'
import {
  NodeObject,
  PodObject,
  quantityOf,
} from '../../../../servers/cluster/drivers/kubernetes/objects.ts'
import { statusOf } from '../../../../servers/cluster/drivers/kubernetes/pod-status.ts'
import { demandsOf, tagsOf } from '../../../../servers/cluster/drivers/kubernetes/tags.ts'
import { rateNode } from '../../../../servers/cluster/rating.ts'

const podWith = (status: object, metadata: object = {}) =>
  PodObject.parse({ metadata: { name: 'p', ...metadata }, spec: { nodeName: 'n1' }, status })
const stateOf = (state: object) => ({ containerStatuses: [{ state }] })

describe('the state of a pod', () => {
  const cases: [string, object, object][] = [
    ['it is new', { phase: 'Pending' }, { state: 'starting', reason: '' }],
    [
      'no node takes it',
      {
        phase: 'Pending',
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/3 nodes are available',
          },
        ],
      },
      { state: 'starting', reason: 'no node takes it: 0/3 nodes are available' },
    ],
    [
      'its image is not to be had',
      {
        phase: 'Pending',
        ...stateOf({ waiting: { reason: 'ImagePullBackOff', message: 'no such tag' } }),
      },
      { state: 'starting', reason: 'its image cannot be had: ImagePullBackOff: no such tag' },
    ],
    [
      'it runs',
      { phase: 'Running', ...stateOf({ running: {} }) },
      { state: 'running', node: 'n1' },
    ],
    [
      'it succeeded',
      { phase: 'Succeeded', ...stateOf({ terminated: { exitCode: 0, reason: 'Completed' } }) },
      { state: 'ended', exitCode: 0, reason: '' },
    ],
    [
      'it failed',
      { phase: 'Failed', ...stateOf({ terminated: { exitCode: 7, reason: 'Error' } }) },
      { state: 'ended', exitCode: 7, reason: '' },
    ],
    [
      'it took too much memory',
      { phase: 'Failed', ...stateOf({ terminated: { exitCode: 137, reason: 'OOMKilled' } }) },
      { state: 'ended', exitCode: 137, reason: 'memory limit', limit: 'memory' },
    ],
    [
      'its time was over',
      {
        phase: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'too long',
        ...stateOf({ terminated: { exitCode: 143, reason: 'Error' } }),
      },
      { state: 'ended', exitCode: 143, reason: 'time limit', limit: 'time' },
    ],
    [
      'it was evicted',
      { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' },
      {
        state: 'ended',
        exitCode: null,
        reason: 'evicted: The node was low on resource: memory.',
        isEvicted: true,
      },
    ],
  ]
  test.each(cases)('%s', (_name, status, expected) => {
    expect(statusOf(podWith(status))).toEqual(expected)
  })

  test('a pod that is taken away while it runs has ended once its container has', () => {
    const status = {
      phase: 'Running',
      ...stateOf({ terminated: { exitCode: 0, reason: 'Completed' } }),
    }
    expect(statusOf(podWith(status, { deletionTimestamp: '2026-01-01T00:00:00Z' }))).toMatchObject({
      state: 'ended',
    })
  })
})

test('a field that was dropped on the way is found, an amount written otherwise is not', () => {
  const policy = { spec: { ingress: [{ from: [{ podSelector: {} }] }] } }
  expect(missingFrom(policy, { spec: { ingress: [{}] } }, '')).toBe('.spec.ingress[0].from')
  expect(missingFrom(policy, policy, '')).toBeUndefined()
  expect(
    missingFrom({ cpu: '1000m', memory: '1024Mi' }, { cpu: '1', memory: '1Gi' }, ''),
  ).toBeUndefined()
  expect(missingFrom({ cpu: '2' }, { cpu: '1' }, '')).toBe('.cpu')
})

test.each([
  ['500m', 0.5],
  ['2', 2],
  ['128Mi', 134_217_728],
  ['1e3', 1000],
  ['1k', 1000],
  ['full', Number.NaN],
])('the quantity %s is %d', (text, number) => {
  expect(quantityOf(text)).toBe(number)
})

describe('tags', () => {
  const labels = {
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'topology.kubernetes.io/zone': 'eu-1a',
    'switchyard.dev/fast': 'true',
    'switchyard.dev/pool': 'night',
    disk: 'ssd',
    'other.example/x': 'y',
  }
  const tags = tagsOf({ labels, allocatable: { 'nvidia.com/gpu': '2' } })

  test('labels and resources are tags', () => {
    expect(tags).toEqual([
      'arch:x64',
      'disk:ssd',
      'fast',
      'gpu',
      'os:linux',
      'pool:night',
      'zone:eu-1a',
    ])
  })

  test('what a node offers leads back to that node', () => {
    for (const tag of tags.filter((one) => one !== 'gpu')) {
      const fits = demandsOf([tag]).terms.some((term) =>
        term.every(({ key, values }) => {
          const value = (labels as Record<string, string>)[key]
          return value !== undefined && (values?.includes(value) ?? true)
        }),
      )
      expect([tag, fits]).toEqual([tag, true])
    }
    expect(demandsOf(['gpu'])).toMatchObject({ gpu: true, terms: [] })
  })
})

test('a node is offered with what others were promised, its taints and why it is closed', () => {
  const node = (name: string, spec: object, ready = 'True') =>
    NodeObject.parse({
      metadata: { name },
      spec,
      status: {
        allocatable: { cpu: '4', memory: '8Gi', pods: '10' },
        conditions: [{ type: 'Ready', status: ready }],
      },
    })
  const pod = PodObject.parse({
    metadata: { name: 'p' },
    spec: {
      nodeName: 'open',
      containers: [{ resources: { requests: { cpu: '1500m', memory: '1Gi' } } }],
    },
    status: { phase: 'Running' },
  })
  const [open, tainted, cordoned, lost] = capacitiesOf(
    [
      node('open', {}),
      node('tainted', { taints: [{ key: 'switchyard.dev/night', effect: 'NoSchedule' }] }),
      node('cordoned', { unschedulable: true }),
      node('lost', {}, 'Unknown'),
    ],
    [pod],
    { cluster: 'kube', tags: ['lab'], now: 0 },
  )
  expect(open).toMatchObject({
    cpus: { total: 4, promised: 1.5 },
    memoryMb: { total: 8192, promised: 1024 },
    pods: { live: 1, limit: 10 },
  })
  const ask = {
    resources: { cpus: 3, memoryMb: 64 },
    needs: {},
    runners: ['loop'],
    quota: { used: 0, limit: 8 },
  }
  const rated = [open, tainted, cordoned, lost].map((one) => rateNode(one!, ask))
  expect(rated.map(({ fits, passes, reasons }) => [fits, passes, reasons[0]])).toEqual([
    [false, true, '3 CPUs asked for, 2.5 unpromised'],
    [false, false, 'the node takes only pods that ask for the tag night'],
    [false, true, 'the node takes no pods: it is cordoned'],
    [false, true, 'the node takes no pods: it is not ready'],
  ])
  const small = { ...ask, resources: { cpus: 1, memoryMb: 64 }, needs: { tags: ['night'] } }
  expect(rateNode({ ...tainted!, tags: ['night'] }, small).fits).toBe(true)
})

test('the hub is let through to by address, or by the namespace of its service', () => {
  const options = {
    mark: 'cafe',
    image: 'i',
    limits: { pods: 1, cpus: 1, memoryMb: 64, storageGb: 0 },
    egress: ['10.0.0.0/8'],
  }
  const egress = (hubUrl: string) =>
    JSON.stringify(
      baselineOf('acme', { ...options, hubUrl }).find(
        ({ metadata }) => metadata.name === 'allowed',
      ),
    )
  expect(egress('https://192.0.2.7:7070')).toContain(
    '"cidr":"192.0.2.7/32"}}],"ports":[{"protocol":"TCP","port":7070}]',
  )
  expect(egress('http://hub.switchyard.svc:80')).toContain(
    '"kubernetes.io/metadata.name":"switchyard"',
  )
})

test.each([
  [401, 'Unauthorized', 'unavailable'],
  [403, 'pods "p" is forbidden: exceeded quota: org', 'exhausted'],
  [403, 'pods "p" is forbidden: violates PodSecurity', 'denied'],
  [404, 'not found', 'not_found'],
  [409, 'already exists', 'conflict'],
  [410, 'too old', 'conflict'],
  [422, 'invalid', 'invalid'],
  [429, 'too many', 'exhausted'],
  [503, 'away', 'unavailable'],
])('an answer %i (%s) is %s', (status, message, code) => {
  expect(new ApiError('kube', { status, body: JSON.stringify({ message }) })).toMatchObject({
    code,
    status,
  })
})
