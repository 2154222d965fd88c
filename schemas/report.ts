import { z } from 'zod'

// What tools say in formats made for programs: JUnit, coverage, SARIF. A task carries the totals and
// the first entries; the files themselves are its artifacts.

/** One test that failed. */
export const FailedTest = z.object({
  name: z.string().max(300),
  file: z.string().max(300).optional(),
  line: z.int().optional(),
  message: z.string().max(500).optional(),
})
export type FailedTest = z.infer<typeof FailedTest>

export const TestReport = z.object({
  total: z.int(),
  passed: z.int(),
  failed: z.int(),
  skipped: z.int(),
  durationMs: z.int(),
  failures: z.array(FailedTest).max(20).describe('The first ones'),
})
export type TestReport = z.infer<typeof TestReport>

/** How many of the lines or branches that could run did run. */
const Share = z.object({ covered: z.int(), total: z.int() })
export type Share = z.infer<typeof Share>

export const CoverageReport = z.object({
  lines: Share,
  branches: Share.optional(),
  files: z
    .array(z.object({ path: z.string().max(300), lines: Share }))
    .max(20)
    .describe('Those with the most lines that did not run'),
})
export type CoverageReport = z.infer<typeof CoverageReport>

export const FindingLevel = z.enum(['error', 'warning', 'note'])
export type FindingLevel = z.infer<typeof FindingLevel>

/** Something a linter or scanner points at. */
export const Finding = z.object({
  rule: z.string().max(120),
  level: FindingLevel,
  message: z.string().max(400),
  path: z.string().max(300).optional(),
  line: z.int().optional(),
})
export type Finding = z.infer<typeof Finding>

export const FindingReport = z.object({
  error: z.int(),
  warning: z.int(),
  note: z.int(),
  items: z.array(Finding).max(30).describe('The gravest ones'),
})
export type FindingReport = z.infer<typeof FindingReport>

export const Reports = z.object({
  tests: TestReport.optional(),
  coverage: CoverageReport.optional(),
  findings: FindingReport.optional(),
  files: z.array(z.string().max(300)).max(50).describe('Files it was read from'),
  problems: z.array(z.string().max(400)).max(10).describe('What could not be read or checked'),
})
export type Reports = z.infer<typeof Reports>
