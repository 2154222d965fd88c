export const nodeName = 'node-1'
export const nodeCpus = 4

/** The one node of the double, as it stands there. */
export const nodeObject = {
  kind: 'Node',
  metadata: {
    name: nodeName,
    labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', disk: 'ssd' },
  },
  spec: {},
  status: {
    allocatable: { cpu: String(nodeCpus), memory: '8Gi', pods: '110', 'ephemeral-storage': '10Gi' },
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
  },
}
