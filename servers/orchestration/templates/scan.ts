import { z } from 'zod'
import { refParam } from './template.ts'
import type { BuiltIn } from './template.ts'

const licences = z.array(z.string().min(1).max(100)).max(200).default([])

export const scan: BuiltIn = {
  title: 'Scan for risks',
  description:
    'Looks for secrets, known advisories and licences of dependencies, and lists what the project is made of (CycloneDX). Findings are kept as SARIF; a secret is never printed in full.',
  needsRepo: true,
  needsModel: false,
  opensChange: false,
  maxAttempts: 1,
  params: z.strictObject({
    ref: refParam,
    secrets: z.boolean().default(true).describe('Look for secrets in files'),
    history: z.boolean().default(false).describe('Look for secrets in past commits, too'),
    advisories: z
      .boolean()
      .default(true)
      .describe('Ask the npm registry for advisories; says so where it cannot be asked'),
    osv: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('OSV service to ask about other ecosystems, such as https://api.osv.dev'),
    allowLicences: licences.describe('SPDX licences to accept; default: all but those denied'),
    denyLicences: licences.describe('SPDX licences to refuse'),
    failOn: z
      .enum(['error', 'warning', 'never'])
      .default('error')
      .describe('Level of a finding that fails the task'),
  }),
}
