import { z } from 'zod'
import { pathParam, refParam } from './template.ts'
import type { BuiltIn } from './template.ts'

export const ci: BuiltIn = {
  title: 'Run the checks',
  description:
    "Detects the project's own install, lint and test scripts (npm, Python, Go, Rust, Make), runs them and reads what they report: tests, coverage, findings.",
  needsRepo: true,
  needsModel: false,
  opensChange: false,
  maxAttempts: 1,
  params: z.strictObject({
    ref: refParam,
    only: z.array(z.string()).max(20).optional().describe('Names of checks to run; default: all'),
    results: z
      .array(pathParam)
      .max(20)
      .optional()
      .describe('Globs of JUnit, coverage and SARIF files beside the usual places'),
  }),
}
