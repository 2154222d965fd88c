import { z } from 'zod'
import type { Finding, FindingLevel, FindingReport } from '../../schemas/report.ts'

// What is read of SARIF 2.1.0 (OASIS standard); everything else in a log is left alone.
const Message = z.object({ text: z.string().optional(), markdown: z.string().optional() })
const Rule = z.object({
  id: z.string().optional(),
  shortDescription: Message.optional(),
  defaultConfiguration: z.object({ level: z.string().optional() }).optional(),
})
const Result = z.object({
  ruleId: z.string().optional(),
  ruleIndex: z.int().optional(),
  rule: z.object({ id: z.string().optional() }).optional(),
  level: z.string().optional(),
  kind: z.string().optional(),
  message: Message.default({}),
  suppressions: z.array(z.unknown()).optional(),
  locations: z
    .array(
      z.object({
        physicalLocation: z
          .object({
            artifactLocation: z.object({ uri: z.string().optional() }).optional(),
            region: z.object({ startLine: z.int().optional() }).optional(),
          })
          .optional(),
      }),
    )
    .optional(),
})
export const SarifLog = z.object({
  version: z.string().startsWith('2.1'),
  runs: z.array(
    z.object({
      tool: z.object({
        driver: z.object({ name: z.string(), rules: z.array(Rule).default([]) }),
      }),
      results: z.array(Result).nullish(),
    }),
  ),
})

const maxItems = 30
const gravity: FindingLevel[] = ['error', 'warning', 'note']

/** What a log points at. Results that were suppressed, or that say something passed, are no findings. */
export const findingsOf = ({ runs }: z.infer<typeof SarifLog>): Finding[] =>
  runs.flatMap(({ tool: { driver }, results }) =>
    (results ?? [])
      .filter(({ suppressions, kind = 'fail' }) => !suppressions?.length && kind === 'fail')
      .map((result) => findingOf(result, driver)),
  )

function findingOf(
  { ruleId, ruleIndex = -1, rule, level, message, locations }: z.infer<typeof Result>,
  { name, rules }: { name: string; rules: z.infer<typeof Rule>[] },
): Finding {
  const known = rules[ruleIndex] ?? rules.find(({ id }) => id === (ruleId ?? rule?.id))
  const place = locations?.[0]?.physicalLocation
  const path = decoded(place?.artifactLocation?.uri)
  const line = place?.region?.startLine
  const text = message.text ?? message.markdown ?? known?.shortDescription?.text ?? ''
  return makeFinding({
    rule: ruleId ?? rule?.id ?? known?.id ?? name,
    level: levelOf(level ?? known?.defaultConfiguration?.level),
    message: text,
    ...(path === undefined ? {} : { path }),
    ...(line === undefined ? {} : { line }),
  })
}

/** Places are URIs; one that is none is shown as it is. */
function decoded(uri: string | undefined): string | undefined {
  try {
    return uri && decodeURIComponent(uri)
  } catch {
    return uri
  }
}

/** The standard's default level is `warning`; `none` is for what is no problem. */
const levelOf = (level: string | undefined): FindingLevel =>
  gravity.find((known) => known === level) ?? (level === 'none' ? 'note' : 'warning')

/** A finding within the bounds of a report. */
export const makeFinding = ({ rule, message, path, ...rest }: Finding): Finding => ({
  ...rest,
  rule: rule.slice(0, 120),
  message: message.slice(0, 400),
  ...(path === undefined ? {} : { path: path.slice(0, 300) }),
})

/** How many there are of each level, and the gravest ones. */
export function countFindings(findings: Finding[]): FindingReport {
  const report: FindingReport = { error: 0, warning: 0, note: 0, items: [] }
  for (const { level } of findings) report[level]++
  for (const level of gravity)
    for (const finding of findings)
      if (finding.level === level && report.items.length < maxItems) report.items.push(finding)
  return report
}

/** Findings as a SARIF log of one tool, whole. */
export function writeSarif(tool: string, findings: Finding[]): string {
  const rules = [...new Set(findings.map(({ rule }) => rule))].map((id) => ({ id }))
  const results = findings.map(({ rule, level, message, path, line }) => ({
    ruleId: rule,
    level,
    message: { text: message },
    ...(path === undefined
      ? {}
      : {
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: path.split('/').map(encodeURIComponent).join('/') },
                ...(line === undefined ? {} : { region: { startLine: line } }),
              },
            },
          ],
        }),
  }))
  return JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [{ tool: { driver: { name: tool, rules } }, results }],
    },
    null,
    1,
  )
}
