import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const deployFolder = join(import.meta.dirname, '../../deploy')
export const kustomizeFolder = (name: string) => join(deployFolder, 'kubernetes', name)

type Meta = { name: string; namespace?: string; labels?: Record<string, string> }
/** An object of a manifest, as far as the tests look. */
export type Written = {
  apiVersion: string
  kind: string
  metadata: Meta
  [field: string]: unknown
}

/** The documents of a YAML file; one that is no YAML fails. */
export function documentsOf(text: string): unknown[] {
  return parseAllDocuments(text, { merge: true }).map((document) => {
    if (document.errors[0]) throw document.errors[0]
    return document.toJS({ maxAliasCount: 100 }) as unknown
  })
}

export const readYaml = (...path: string[]): unknown[] =>
  documentsOf(readFileSync(join(deployFolder, ...path), 'utf8'))

/** The role that docs/kubernetes.md asks for a hub. */
export function documentedRole(): Written {
  const page = readFileSync(join(deployFolder, '../docs/kubernetes.md'), 'utf8')
  const objects = [...page.matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, yaml = '']) =>
    documentsOf(yaml),
  )
  const roles = (objects as Written[]).filter(({ kind }) => kind === 'ClusterRole') // Objects of Kubernetes, as the page shows them.
  if (roles.length !== 1 || !roles[0]) throw new Error('the page shows no role, or several')
  return roles[0]
}

export const hasKustomize = (): boolean =>
  spawnSync('kubectl', ['kustomize', kustomizeFolder('base')]).status === 0

/** What `kubectl apply -k` would send. */
export function kustomized(name: string): Written[] {
  const built = spawnSync('kubectl', ['kustomize', kustomizeFolder(name)], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(built.stderr)
  return documentsOf(built.stdout) as Written[] // Objects of the API, which the tests hold to that.
}
