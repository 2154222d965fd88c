import { basename } from 'node:path'
import { z } from 'zod'
import type { Finding } from '../../schemas/report.ts'
import type { Outcome, Work } from '../attempt.ts'
import { trackedFiles } from '../files.ts'
import { askOsv, npmAudit } from '../scan/advisories.ts'
import { checkLicences } from '../scan/licences.ts'
import type { Package } from '../scan/packages.ts'
import { readPackages } from '../scan/packages.ts'
import { writeSbom } from '../scan/sbom.ts'
import { findSecrets } from '../scan/secrets.ts'
import { openWorkspace } from '../workspace/workspace.ts'
import { findingsOutcome } from './findings.ts'

const list = z.array(z.string()).default([])
const Params = z.object({
  secrets: z.boolean().default(true),
  history: z.boolean().default(false),
  advisories: z.boolean().default(true),
  osv: z.string().optional(),
  allowLicences: list,
  denyLicences: list,
  failOn: z.enum(['error', 'warning', 'never']).default('error'),
})

const maxSbomChars = 2_900_000

/** Template `scan`: secrets, advisories, licences, and a list of what the project is made of. */
export async function runScan(work: Work): Promise<Outcome> {
  const { lease, signal } = work
  const params = Params.parse(lease.task.params)
  const { path: root } = await openWorkspace(work)
  const files = await trackedFiles(root, signal)
  const findings: Finding[] = []
  const problems: string[] = []
  const add = (found: { findings: Finding[]; problems: string[] }) => {
    findings.push(...found.findings)
    problems.push(...found.problems)
  }
  if (params.secrets) {
    add(await findSecrets(root, { history: params.history, signal }))
    await lease.log.say(`${findings.length} secrets in ${files.length} files`)
  }
  const { packages, locks, problems: unread } = await readPackages(root, files)
  problems.push(...unread)
  await lease.log.say(`${packages.length} packages in ${locks.join(', ') || 'no lock file'}`)
  await keepSbom(work, packages, problems)
  if (params.advisories)
    for (const lock of locks.filter((path) => path.endsWith('package-lock.json')))
      add(await npmAudit(root, lock, signal))
  const others = packages.filter(({ ecosystem, from }) =>
    params.advisories && ecosystem === 'npm' ? !from.endsWith('package-lock.json') : true,
  )
  if (params.osv !== undefined) add(await askOsv(params.osv, others, signal))
  else if (params.advisories && others.length > 0)
    problems.push(`advisories of ${others.length} other packages not checked: pass osv for them`)
  const policy = { allow: params.allowLicences, deny: params.denyLicences }
  if (policy.allow.length + policy.deny.length > 0) {
    const licences = checkLicences(packages, policy)
    findings.push(...licences.findings)
    problems.push(...unknownLicences(licences.unknown))
  }
  const { failOn } = params
  return findingsOutcome(work, { tool: 'scan', findings, problems, checks: [], failOn })
}

async function keepSbom({ lease }: Work, packages: Package[], problems: string[]): Promise<void> {
  const project = basename(lease.task.repo ?? 'project')
  const whole = writeSbom(project, packages)
  // Digests are most of it; without them every package is still there.
  const bare = packages.map(({ hash: _digest, ...rest }) => rest)
  const text = whole.length <= maxSbomChars ? whole : writeSbom(project, bare)
  if (text.length > maxSbomChars)
    problems.push(`the list of ${packages.length} packages is too long to be kept`)
  else await lease.keep('sbom.cdx.json', text, 'application/vnd.cyclonedx+json')
}

function unknownLicences(packages: Package[]): string[] {
  if (packages.length === 0) return []
  const names = packages.slice(0, 5).map(({ name }) => name)
  return [
    `licences of ${packages.length} packages not checked, their lock files do not tell them: ${names.join(', ')}${packages.length > 5 ? ' …' : ''}`,
  ]
}
