import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigFile, readSettings } from '../../schemas/config.ts'
import type { Written } from '../helpers/deploy-files.ts'
import {
  documentedRole,
  hasKustomize,
  kustomized,
  kustomizeFolder,
  readYaml,
} from '../helpers/deploy-files.ts'
import { startHub } from '../helpers/hub.ts'

const base = readdirSync(kustomizeFolder('base'))
  .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
  .flatMap((name) => readYaml('kubernetes', 'base', name)) as Written[] // Checked right below.

type Probe = { httpGet: { path: string; httpHeaders: { name: string; value: string }[] } }
type Container = {
  image: string
  env?: { name: string; value: string }[]
  securityContext: object
  startupProbe?: Probe
  livenessProbe?: Probe
  readinessProbe?: Probe
  ports?: { name: string; containerPort: number }[]
  volumeMounts: { name: string }[]
}
type PodSpec = {
  serviceAccountName: string
  enableServiceLinks: boolean
  securityContext: { runAsNonRoot: boolean; runAsUser: number }
  initContainers: Container[]
  containers: [Container]
  volumes: { name: string }[]
}

const one = (objects: Written[], kind: string): Written => {
  const found = objects.filter((object) => object.kind === kind)
  expect(found).toHaveLength(1)
  return found[0]!
}
const podOf = (objects: Written[]) => {
  const { spec } = one(objects, 'StatefulSet') as unknown as {
    spec: {
      serviceName: string
      template: { metadata: { labels: Record<string, string> }; spec: PodSpec }
      volumeClaimTemplates: { metadata: { name: string } }[]
    }
  } // A StatefulSet.
  return spec
}

test('every file of the base is an object that the base names', () => {
  const [kustomization] = readYaml('kubernetes', 'base', 'kustomization.yaml') as [
    { resources: string[] },
  ] // One document.
  const files = readdirSync(kustomizeFolder('base')).filter((name) => name.endsWith('.yaml'))
  expect([...kustomization.resources, 'kustomization.yaml'].sort()).toEqual(files.sort())
  for (const object of base) {
    expect(object).toMatchObject({
      apiVersion: expect.stringMatching(/^([a-z0-9.]+\/)?v\d/) as string,
      kind: expect.stringMatching(/^[A-Z]/) as string,
      metadata: { name: expect.stringMatching(/^[a-z][a-z0-9-]*$/) as string },
    })
    const isWide = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'].includes(object.kind)
    expect(object.metadata.namespace).toBe(isWide ? undefined : 'switchyard')
  }
})

test('the role is the one that the documentation asks for, and its account is the one of the hub', () => {
  expect(one(base, 'ClusterRole')).toEqual(documentedRole())
  const account = one(base, 'ServiceAccount').metadata
  expect(one(base, 'ClusterRoleBinding')).toMatchObject({
    roleRef: { name: one(base, 'ClusterRole').metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }],
  })
  expect(podOf(base).template.spec.serviceAccountName).toBe(account.name)
})

test('names lead to each other: service, policy, budget, volumes', () => {
  const { serviceName, template, volumeClaimTemplates } = podOf(base)
  const { labels } = template.metadata
  const service = one(base, 'Service')
  expect(service.metadata.name).toBe(serviceName)
  expect(service.spec).toMatchObject({ selector: labels, ports: [{ targetPort: 'http' }] })
  expect(one(base, 'NetworkPolicy').spec).toMatchObject({ podSelector: { matchLabels: labels } })
  expect(one(base, 'PodDisruptionBudget').spec).toMatchObject({ selector: { matchLabels: labels } })
  const there = [
    ...template.spec.volumes.map(({ name }) => name),
    ...volumeClaimTemplates.map(({ metadata }) => metadata.name),
  ]
  for (const { volumeMounts } of [...template.spec.containers, ...template.spec.initContainers])
    for (const { name } of volumeMounts) expect(there).toContain(name)
})

test('what the hub is told, it understands: variables, the file, the paths of the probes', async () => {
  const { containers, enableServiceLinks } = podOf(base).template.spec
  const [{ env = [], ports, startupProbe, livenessProbe, readinessProbe }] = containers
  // The variables that the API adds for services would stop the start.
  expect(enableServiceLinks).toBe(false)
  const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]))
  expect(readSettings(variables, {})).toMatchObject({
    host: '0.0.0.0',
    data: '/data',
    port: ports?.[0]?.containerPort,
  })
  const file = readFileSync(join(kustomizeFolder('base'), 'switchyard.json'), 'utf8')
  ConfigFile.parse(JSON.parse(file))
  const { url } = await startHub()
  for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
    expect((await fetch(`${url}${probe?.httpGet.path}`)).status).toBe(200)
    // A kubelet asks by the address of the pod, which is no name of the hub.
    expect(probe?.httpGet.httpHeaders).toEqual([{ name: 'Host', value: 'localhost:7070' }])
  }
})

describe.skipIf(!hasKustomize())('kubectl kustomize', () => {
  test.each(['base', 'overlays/production', 'overlays/k3d'])(
    'builds %s with pods that `restricted` admits and images that are pinned',
    (name) => {
      const objects = kustomized(name)
      const { securityContext, containers, initContainers } = podOf(objects).template.spec
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      for (const { image, securityContext: own } of [...containers, ...initContainers]) {
        expect(image).toMatch(/(@sha256:[0-9a-f]{64}|:[\w.-]+)$/)
        expect(image).not.toMatch(/:latest$/)
        expect(own).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
      }
      expect(new Set([...containers, ...initContainers].map(({ image }) => image)).size).toBe(1)
      const config = one(objects, 'ConfigMap') as unknown as { data: Record<string, string> } // With files.
      ConfigFile.parse(JSON.parse(config.data['switchyard.json'] ?? ''))
    },
  )

  test('the overlays say what they are for', () => {
    const production = kustomized('overlays/production')
    expect(podOf(production).template.spec.containers[0].image).toContain('@sha256:')
    const host = 'switchyard.example.org'
    expect(one(production, 'Ingress').spec).toMatchObject({ rules: [{ host }] })
    const names = podOf(production).template.spec.containers[0].env?.find(
      ({ name }) => name === 'SWITCHYARD_ALLOWED_HOSTS',
    )
    expect(names?.value.split(',')).toContain(host)
    const k3d = kustomized('overlays/k3d')
    expect(one(k3d, 'Service').spec).toMatchObject({ type: 'LoadBalancer' })
    expect(k3d.some(({ kind }) => kind === 'PodDisruptionBudget')).toBe(false)
  })
})
