import type { Package } from './packages.ts'
import { isExpression } from './licences.ts'

/** A package URL (purl-spec). Go and npm scopes hold slashes that stay. */
export function purlOf({ ecosystem, name, version }: Package): string {
  const path = name.split('/').map((part) => encodeURIComponent(part))
  return `pkg:${ecosystem}/${path.join('/')}@${encodeURIComponent(version)}`
}

/**
 * What a project is made of, as CycloneDX 1.6. It is made from lock files alone, so it needs neither an
 * install nor the network, and is the same bytes for the same files.
 */
export function writeSbom(project: string, packages: Package[]): string {
  const components = packages.map((entry) => {
    const { ecosystem, name, version, licence, hash } = entry
    const [scope, plain] = name.startsWith('@') ? name.split('/') : [undefined, name]
    const isNpmScope = ecosystem === 'npm' && scope !== undefined && plain !== undefined
    const purl = purlOf(entry)
    return {
      type: 'library',
      'bom-ref': purl,
      ...(isNpmScope ? { group: scope, name: plain } : { name }),
      version,
      purl,
      ...(licence === undefined ? {} : { licenses: [licenceOf(licence)] }),
      ...(hash ? { hashes: [{ alg: hash.algorithm, content: hash.value }] } : {}),
    }
  })
  return JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: { component: { type: 'application', name: project, 'bom-ref': project } },
      components,
    },
    null,
    1,
  )
}

const licenceOf = (licence: string) =>
  isExpression(licence) ? { expression: licence } : { license: { name: licence } }
