import { Tag } from '../../../../schemas/tag.ts'

// Tags are what placement knows of nodes; labels, taints and extended resources are what a cluster
// knows. Both ways stand here, so that a pod which was placed by a tag lands on a node that has it.

/** Prefix of what is ours among labels, taints and names of the cluster. */
export const domain = 'switchyard.dev'

/** The one kind of GPU that a pod can ask for by the tag `gpu`. */
export const gpuResource = 'nvidia.com/gpu'
const archOf: Record<string, string> = { amd64: 'x64', '386': 'ia32' }
const known: Record<string, string> = {
  'kubernetes.io/os': 'os',
  'kubernetes.io/arch': 'arch',
  'topology.kubernetes.io/zone': 'zone',
  'topology.kubernetes.io/region': 'region',
  'node.kubernetes.io/instance-type': 'type',
}
const isTag = (text: string) => Tag.safeParse(text).success

type NodeFacts = { labels: Record<string, string>; allocatable: Record<string, string> }

/** The tags that a node offers. */
export function tagsOf({ labels, allocatable }: NodeFacts): string[] {
  const tags = Object.entries(labels).flatMap(([label, value]) => {
    const word = known[label]
    if (word === 'arch') return [`arch:${archOf[value] ?? value}`]
    if (word !== undefined) return [`${word}:${value}`]
    const own = label.startsWith(`${domain}/`) ? label.slice(domain.length + 1) : undefined
    if (own !== undefined) return value === '' || value === 'true' ? [own] : [`${own}:${value}`]
    return label.includes('/') ? [] : [`${label}:${value}`]
  })
  const gpu = gpuOf(allocatable) > 0 ? ['gpu'] : []
  return [...new Set([...tags, ...gpu])].filter(isTag).sort()
}

export const gpuOf = (allocatable: Record<string, string>): number =>
  Number(allocatable[gpuResource]) || 0

/** What a pod has to ask for as a tag to be let onto a node with this taint; others nobody can ask for. */
export const taintTag = (key: string): string => {
  if (key === gpuResource) return 'gpu'
  return key.startsWith(`${domain}/`) ? key.slice(domain.length + 1) : key
}

type Expression = { key: string; operator: 'In' | 'Exists'; values?: string[] }

/** How a pod that asks for tags is kept to the nodes that offer them. */
export function demandsOf(tags: string[]): {
  /** One of them has to match, each with all of its expressions. */
  terms: Expression[][]
  tolerations: { key: string; operator: 'Exists' }[]
  gpu: boolean
} {
  const asked = tags.filter((tag) => tag !== 'gpu')
  // A tag `a:b` is the label a=b or our own, so the terms are all ways to choose.
  const terms = asked
    .map(waysOf)
    .reduce<Expression[][]>(
      (made, ways) => made.flatMap((term) => ways.map((way) => [...term, way])),
      [[]],
    )
  const keys = tags.includes('gpu') ? [gpuResource] : []
  return {
    terms: asked.length === 0 ? [] : terms.slice(0, maxTerms),
    tolerations: [...keys, ...asked.filter(isLabelName).map((tag) => `${domain}/${tag}`)].map(
      (key) => ({ key, operator: 'Exists' }),
    ),
    gpu: tags.includes('gpu'),
  }
}

const maxTerms = 64

function waysOf(tag: string): Expression[] {
  const [word = '', ...rest] = tag.split(':')
  if (rest.length === 0) return [{ key: `${domain}/${tag}`, operator: 'Exists' }]
  const value = rest.join(':')
  const label = Object.entries(known).find(([, name]) => name === word)?.[0]
  if (label !== undefined) {
    const arch = Object.entries(archOf).find(([, name]) => name === value)?.[0]
    return [{ key: label, operator: 'In', values: [word === 'arch' ? (arch ?? value) : value] }]
  }
  return [
    { key: word, operator: 'In', values: [value] },
    { key: `${domain}/${word}`, operator: 'In', values: [value] },
  ]
}

const isLabelName = (tag: string) => /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(tag)
