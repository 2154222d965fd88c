import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Finding } from '../../schemas/report.ts'
import type { CheckResult } from '../../schemas/task.ts'
import type { Outcome, Work } from '../attempt.ts'
import { detectSetup } from '../checks/detect.ts'
import { runSteps } from '../checks/run.ts'
import { check } from '../checks/steps.ts'
import { detectDocs } from '../docs/build.ts'
import { askSites, askable } from '../docs/external.ts'
import { applyFixes, checkLinks } from '../docs/links.ts'
import type { Fix } from '../docs/links.ts'
import { checkSpelling } from '../docs/spelling.ts'
import { trackedFiles } from '../files.ts'
import { insideRoot } from '../jail.ts'
import { captureOutput } from '../processes.ts'
import { openWorkspace } from '../workspace/workspace.ts'
import { findingsOutcome } from './findings.ts'
import { proposeFixes } from './fixes.ts'

const Params = z.object({
  build: z.boolean().default(true),
  links: z.boolean().default(true),
  external: z.boolean().default(false),
  spelling: z.boolean().default(true),
  words: z.array(z.string()).default([]),
  fix: z.boolean().default(false),
})

/** Template `docops`: builds the documentation, checks links and spelling, and mends links that moved. */
export async function runDocops(work: Work): Promise<Outcome> {
  const { lease, signal } = work
  const params = Params.parse(lease.task.params)
  const space = await openWorkspace(work)
  const root = space.path
  const files = await trackedFiles(root, signal)
  const findings: Finding[] = []
  const problems: string[] = []
  let fixes: Fix[] = []
  if (params.links || params.external) {
    const links = await checkLinks(root, files)
    await lease.log.say(`${links.links} links in ${links.pages} pages`)
    if (params.fix)
      fixes = await mend(
        root,
        links.broken.flatMap(({ fix }) => fix ?? []),
      )
    const left = links.broken.filter(({ fix }) => !(params.fix && fix))
    if (params.links) findings.push(...left.map(({ finding }) => finding))
    if (params.external) {
      const { asked, left: unasked } = askable(links.external)
      await lease.log.say(`asking ${asked.size} addresses of other sites`)
      findings.push(...(await askSites(asked, signal)))
      if (unasked > 0) problems.push(`${unasked} more addresses of other sites were not asked`)
    }
  }
  // Before anything is built, so that a change holds the mended links and nothing else.
  const proposal = params.fix ? await proposeFixes(work, space, fixes) : undefined
  if (params.spelling) {
    const spelling = await checkSpelling(root, files, params.words)
    findings.push(...spelling.findings)
    problems.push(...spelling.problems)
  }
  const checks = params.build ? await build(work, root) : []
  return findingsOutcome(work, {
    tool: 'docops',
    findings,
    problems,
    checks,
    failOn: 'error',
    proposal,
  })
}

async function mend(root: string, fixes: Fix[]): Promise<Fix[]> {
  for (const path of new Set(fixes.map((fix) => fix.path))) {
    const file = await insideRoot(root, path)
    const own = fixes.filter((fix) => fix.path === path)
    await writeFile(file, applyFixes(await readFile(file, 'utf8'), own))
  }
  return fixes
}

const toolPath = 'PATH="$HOME/venv/bin:$PATH"'

/** Builds what the project is set up for; what lacks its program is skipped and says so. */
async function build(work: Work, root: string): Promise<CheckResult[]> {
  const builds = await detectDocs(root)
  if (builds.length === 0) return []
  const output = join(work.folder, 'output')
  await rm(output, { recursive: true, force: true })
  await mkdir(output, { recursive: true })
  const results = await runSteps(work, root, await detectSetup(root))
  const isReady = results.every(({ state }) => state === 'passed')
  for (const { name, program, command } of builds) {
    if (!isReady || !(await has(work, root, program))) {
      const why = isReady
        ? `${program} is not installed on this machine, and the project does not install it`
        : 'the project could not be set up'
      results.push({
        name,
        command,
        state: 'skipped',
        exitCode: null,
        durationMs: 0,
        failures: [why],
      })
      continue
    }
    const env = { OUTPUT_DIR: output }
    const step = {
      ...check(name, command),
      reporting: () => ({ command: `${toolPath} && export PATH && ${command}`, env }),
    }
    results.push(...(await runSteps(work, root, [step])))
  }
  return results
}

async function has({ signal }: Work, cwd: string, program: string): Promise<boolean> {
  const line = `${toolPath}; command -v ${program}`
  const found = await captureOutput(['/bin/sh', '-c', line], {
    cwd,
    signal,
    timeoutMs: 10_000,
    maxBytes: 4096,
  })
  return found.exitCode === 0
}
