import { authorityKey, authorityName } from './names.ts'

/**
 * What a pod that is an agent is told: where the hub is, what the hub is called in its token, and whether
 * the certificate of the hub is of an authority that the registration brought.
 */
export type AgentAt = { hubUrl: string; audience: string; hasAuthority: boolean }

/** The least that an API server grants; the kubelet renews it before it ends. */
const tokenSeconds = 600
const tokenFolder = '/var/run/secrets/switchyard'
const authorityFolder = '/var/run/secrets/switchyard-hub'
const aliveFile = '/tmp/agent-alive'
const metricsPort = 19_464
/** Many times the pause between two touches: a machine that is busy is not stuck. */
const stuckSeconds = 180

/** Where the hub is, who the pod is, and how its work comes in and out. Nothing of it is secret. */
export const agentEnv = ({ hubUrl, hasAuthority }: AgentAt): { name: string; value: string }[] => [
  { name: 'SWITCHYARD_URL', value: hubUrl.replace(/\/+$/, '') },
  { name: 'SWITCHYARD_GIT', value: 'http' },
  { name: 'SWITCHYARD_TOKEN_FILE', value: `${tokenFolder}/token` },
  { name: 'SWITCHYARD_ALIVE', value: aliveFile },
  { name: 'SWITCHYARD_METRICS_PORT', value: `${metricsPort}` },
  { name: 'SWITCHYARD_CACHE', value: '/home/agent/.cache/switchyard' },
  { name: 'CI', value: 'true' },
  { name: 'TERM', value: 'dumb' },
  ...(hasAuthority
    ? ['NODE_EXTRA_CA_CERTS', 'SWITCHYARD_HUB_CA'].map((name) => ({
        name,
        value: `${authorityFolder}/${authorityKey}`,
      }))
    : []),
]

export const agentMounts = ({ hasAuthority }: AgentAt): object[] => [
  { name: 'identity', mountPath: tokenFolder, readOnly: true },
  ...(hasAuthority ? [{ name: 'authority', mountPath: authorityFolder, readOnly: true }] : []),
]

/** A statement of the cluster about this very pod, for the hub alone, and how the hub is known. */
export const agentVolumes = ({ audience, hasAuthority }: AgentAt): object[] => [
  {
    name: 'identity',
    projected: {
      defaultMode: 0o440,
      sources: [
        {
          serviceAccountToken: {
            audience,
            expirationSeconds: tokenSeconds,
            path: 'token',
          },
        },
      ],
    },
  },
  ...(hasAuthority ? [{ name: 'authority', configMap: { name: authorityName } }] : []),
]

/** Where the agent answers `/metrics`. The policies of the org let nobody in until somebody allows it. */
export const scrapeAnnotations = {
  'prometheus.io/scrape': 'true',
  'prometheus.io/port': `${metricsPort}`,
  'prometheus.io/path': '/metrics',
}

/** An agent that is stuck no longer touches its file: its container is ended, and its task tried again. */
export const livenessProbe = {
  exec: {
    command: [
      '/bin/sh',
      '-c',
      `test $(($(date +%s) - $(stat -c %Y ${aliveFile}))) -lt ${stuckSeconds}`,
    ],
  },
  initialDelaySeconds: 60,
  periodSeconds: 30,
  timeoutSeconds: 10,
  failureThreshold: 3,
  // What is stuck does not listen, so it is not given the time that an agent needs to hand back its work.
  terminationGracePeriodSeconds: 10,
}
