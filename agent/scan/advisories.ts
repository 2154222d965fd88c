import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Finding, FindingLevel } from '../../schemas/report.ts'
import { captureOutput } from '../processes.ts'
import type { Ecosystem, Package } from './packages.ts'

type Checked = { findings: Finding[]; problems: string[] }

const levels: Record<string, FindingLevel> = {
  critical: 'error',
  high: 'error',
  moderate: 'warning',
  medium: 'warning',
  low: 'note',
  info: 'note',
}

const Via = z.looseObject({
  title: z.string().optional(),
  url: z.string().optional(),
  severity: z.string().optional(),
  range: z.string().optional(),
})
const Audit = z.looseObject({
  vulnerabilities: z.record(
    z.string(),
    z.looseObject({
      severity: z.string(),
      range: z.string().default(''),
      via: z.array(z.union([z.string(), Via])),
    }),
  ),
})

/** What the npm registry knows about the versions of a lock file. Nothing is installed for it. */
export async function npmAudit(root: string, lock: string, signal: AbortSignal): Promise<Checked> {
  const options = ['--package-lock-only', '--fetch-retries=0', '--fetch-timeout=20000']
  const { output } = await captureOutput(['npm', 'audit', '--json', ...options], {
    cwd: join(root, dirname(lock)),
    signal,
    timeoutMs: 120_000,
    maxBytes: 32 * 1024 * 1024,
  })
  const audit = Audit.safeParse(parseJson(output))
  if (!audit.success)
    return { findings: [], problems: [`${lock}: advisories not checked: ${reasonOf(output)}`] }
  // Entries whose cause is another package name that one; the cause has an entry of its own.
  const findings = Object.entries(audit.data.vulnerabilities).flatMap(([name, { severity, via }]) =>
    via.flatMap((cause): Finding[] => {
      if (typeof cause === 'string') return []
      const { title = 'known vulnerability', url = '', range = '' } = cause
      return [
        {
          rule: 'advisory',
          level: levels[cause.severity ?? severity] ?? 'warning',
          message: `${name} ${range}: ${title} ${url}`.trim(),
          path: lock,
        },
      ]
    }),
  )
  return { findings, problems: [] }
}

function reasonOf(output: string): string {
  const Failure = z.looseObject({
    message: z.string().optional(),
    error: z.looseObject({ summary: z.string().optional() }).optional(),
  })
  const failure = Failure.safeParse(parseJson(output)).data
  const reason = failure?.error?.summary || failure?.message || 'npm gave no answer'
  return reason.split('\n', 1)[0]?.slice(0, 200) ?? ''
}

const osvNames: Record<Ecosystem, string> = {
  npm: 'npm',
  cargo: 'crates.io',
  golang: 'Go',
  pypi: 'PyPI',
}

const batchSize = 500
const maxDetails = 100
const timeoutMs = 30_000

const Batch = z.looseObject({
  results: z.array(z.looseObject({ vulns: z.array(z.looseObject({ id: z.string() })).nullish() })),
})
const Advisory = z.looseObject({
  id: z.string(),
  summary: z.string().optional(),
  database_specific: z.looseObject({ severity: z.string().optional() }).optional(),
})

/** What an OSV service (https://google.github.io/osv.dev/api/) knows about packages. */
export async function askOsv(
  service: string,
  packages: Package[],
  signal: AbortSignal,
): Promise<Checked> {
  const base = service.replace(/\/$/, '')
  const findings: Finding[] = []
  const details = new Map<string, z.infer<typeof Advisory> | undefined>()
  try {
    for (let at = 0; at < packages.length; at += batchSize) {
      const batch = packages.slice(at, at + batchSize)
      const queries = batch.map(({ ecosystem, name, version }) => ({
        package: { name, ecosystem: osvNames[ecosystem] },
        version: ecosystem === 'golang' ? version.replace(/^v/, '') : version,
      }))
      const answer = await askJson(`${base}/v1/querybatch`, signal, { queries })
      const { results } = Batch.parse(answer)
      for (const [index, { vulns }] of results.entries())
        for (const { id } of vulns ?? []) {
          if (!details.has(id) && details.size < maxDetails)
            details.set(
              id,
              Advisory.parse(await askJson(`${base}/v1/vulns/${encodeURIComponent(id)}`, signal)),
            )
          const entry = batch[index]
          if (entry) findings.push(osvFinding(id, details.get(id), entry))
        }
    }
    return { findings, problems: [] }
  } catch (error) {
    signal.throwIfAborted()
    const why = error instanceof Error ? error.message.slice(0, 200) : String(error)
    return { findings, problems: [`${base}: advisories not checked: ${why}`] }
  }
}

const osvFinding = (
  id: string,
  advisory: z.infer<typeof Advisory> | undefined,
  { name, version, from }: Package,
): Finding => ({
  rule: 'advisory',
  level: levels[advisory?.database_specific?.severity?.toLowerCase() ?? ''] ?? 'warning',
  message: `${name} ${version}: ${id}${advisory?.summary ? `, ${advisory.summary}` : ''}`,
  path: from,
})

async function askJson(url: string, signal: AbortSignal, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  })
  if (!response.ok) throw new Error(`it answered ${response.status}`)
  return response.json()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // The schema then refuses it.
  }
}
