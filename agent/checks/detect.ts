import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { npm, npmInstall } from './npm.ts'
import { python, pythonInstall } from './python.ts'
import type { Cached, Plan, Project, Reporting, Step } from './steps.ts'
import { check, nothing } from './steps.ts'

export type { Step }

/** What a project's developers run before they commit, read from the files at its top. */
export async function detectChecks(root: string): Promise<Plan> {
  const project = { root, files: new Set(await readdir(root)) }
  const detectors = [npm, python, go, rust]
  const plans = await Promise.all(detectors.map((detect) => detect(project)))
  const found = merge(plans)
  return found.checks.length > 0 ? found : make(project)
}

/** What installs a project's dependencies, for work that is not one of its checks. */
export async function detectSetup(root: string): Promise<Step[]> {
  const project = { root, files: new Set(await readdir(root)) }
  const steps = [await npmInstall(project), await pythonInstall(project)]
  return steps.flatMap((step) => step ?? [])
}

const merge = (plans: Plan[]): Plan => ({
  setup: plans.flatMap((plan) => plan.setup),
  checks: plans.flatMap((plan) => plan.checks),
})

async function go({ files }: Project): Promise<Plan> {
  if (!files.has('go.mod')) return nothing
  const reporting = (): Reporting => ({ command: 'go test -json ./...', output: 'go-json' })
  return {
    setup: [],
    checks: [check('vet', 'go vet ./...'), { ...check('test', 'go test ./...'), reporting }],
  }
}

async function rust({ files }: Project): Promise<Plan> {
  if (!files.has('Cargo.toml')) return nothing
  const cache: Cached = {
    paths: ['target'],
    files: ['Cargo.lock'],
    version: 'rustc --version --verbose',
    replaces: false,
  }
  const test = check('test', 'cargo test --quiet')
  return { setup: [], checks: [files.has('Cargo.lock') ? { ...test, cache } : test] }
}

async function make({ root, files }: Project): Promise<Plan> {
  const name = ['GNUmakefile', 'makefile', 'Makefile'].find((file) => files.has(file))
  if (!name) return nothing
  const text = await readFile(join(root, name), 'utf8')
  const targets = ['lint', 'test', 'check'].filter((target) =>
    new RegExp(`^${target}\\s*:(?!=)`, 'm').test(text),
  )
  // `check` is the classic name for `test`; where both exist it usually repeats it.
  const wanted = targets.includes('test') ? targets.filter((target) => target !== 'check') : targets
  return { setup: [], checks: wanted.map((target) => check(target, `make ${target}`)) }
}
