import { expect, test } from 'vitest'
import { z } from 'zod'
import { podManifest } from '../../../../servers/cluster/drivers/kubernetes/pod-manifest.ts'
import { specOf } from '../pod-specs.ts'

const TermsOf = z.object({
  affinity: z
    .object({
      nodeAffinity: z.object({
        requiredDuringSchedulingIgnoredDuringExecution: z.object({
          nodeSelectorTerms: z.array(z.record(z.string(), z.unknown())),
        }),
      }),
    })
    .optional(),
})

test('a pod keeps off the nodes that are kept for others, whatever else it asks of its node', () => {
  const program = { image: 'box', command: ['true'] }
  const termsOf = (tags: string[], avoids: string[]) => {
    const spec = specOf('true', { tags, avoids })
    const manifest = podManifest(spec, { mark: 'cafe0001', program, keepsWork: false })
    return TermsOf.parse(manifest.spec).affinity?.nodeAffinity
      .requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms
  }
  const matchFields = ['n1', 'n2'].map((name) => ({
    ...{ key: 'metadata.name', operator: 'NotIn', values: [name] },
  }))
  expect(termsOf([], [])).toBeUndefined()
  expect(termsOf([], ['n1', 'n2'])).toEqual([{ matchFields }])
  const tagged = termsOf(['zone:a'], ['n1', 'n2']) ?? []
  expect(tagged.length).toBeGreaterThan(0)
  for (const term of tagged) expect(Object.keys(term)).toEqual(['matchExpressions', 'matchFields'])
})
